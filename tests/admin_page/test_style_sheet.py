"""The style sheet: a merge that loses a brace would take the rest of it away."""

import re

from reblogbot.admin_page.rendering import asset


def test_every_section_begins_outside_of_all_rules():
    style = asset("page.css")[0].decode()
    sections = re.split(r"^/\* ", style, flags=re.MULTILINE)
    assert len(sections) > 5
    unbalanced = [part[:40] for part in sections if part.count("{") != part.count("}")]
    assert unbalanced == []
