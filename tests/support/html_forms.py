"""The fields of a form, as a browser without script sends them back."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser


def form_fields(html: str, action: str) -> dict[str, str]:
    """What the form with this action sends, if nothing is changed in it."""
    form = LexborHTMLParser(html).css_first(f'form[action="{action}"]')
    fields: dict[str, str] = {}
    for element in form.css("input, select, textarea"):
        attributes = element.attributes
        name = attributes.get("name")
        if name in (None, "csrf"):
            continue
        if element.tag == "select":
            options = element.css("option")
            chosen = [option for option in options if "selected" in option.attributes]
            option = (chosen or options)[0]
            fields[name] = option.attributes.get("value") or (
                "" if "value" in option.attributes else option.text()
            )
        elif element.tag == "textarea":
            # a browser drops the first line break, and sends CRLF
            text = element.text(deep=True).removeprefix("\n")
            fields[name] = text.replace("\r\n", "\n").replace("\n", "\r\n")
        elif attributes.get("type") != "checkbox" or "checked" in attributes:
            fields[name] = attributes.get("value") or ""
    return fields
