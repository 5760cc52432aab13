"""Forms as browsers send them: read within bounds, and only from pages of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError

from reblogbot.admin_page.request import MAX_BODY, MAX_FILE, File
from reblogbot.words import Words

MAX_FIELDS = 5000
MAX_PARTS = 20
"""Parts of a form with files."""

EXPIRED = Words("This form has expired. Go back, reload the page, and try again.")
NOT_A_FORM = Words("This request is not a form of this page.")
TOO_LARGE = Words("What was sent is too large.")

Fields = dict[str, list[str]]


class BadRequest(Exception):
    """A request that no form of ours makes, or one that is too large."""

    def __init__(self, status: int, message: Words) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, all values of each name, and its files."""

    fields: Fields
    files: dict[str, File] = field(default_factory=dict)


def check_origin(request: web.Request, own_url: str) -> None:
    """Raise BadRequest for a form that a page of another site sent.

    `own_url` is the address of the page for browsers, "" for that in the Host header.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise BadRequest(403, EXPIRED)
    origin = request.headers.get("Origin")
    # pages have no influence on Sec-Fetch-Site, which says more than an origin that is withheld
    if origin is None or (origin == "null" and site is not None):
        return
    try:
        host = urlsplit(origin).netloc.lower()
        own_hosts = {request.headers.get("Host", "").lower(), urlsplit(own_url).netloc}
    except ValueError:
        raise BadRequest(403, EXPIRED) from None
    if not host or host not in own_hosts:
        raise BadRequest(403, EXPIRED)


async def read_form(request: web.Request, limit: int = MAX_BODY, *, takes_files: bool) -> Form:
    """The form in the body, of at most `limit` bytes, or MAX_FILE with files. Raises BadRequest."""
    # compressed, a small body could become a very large one
    if request.headers.get("Content-Encoding"):
        raise BadRequest(415, NOT_A_FORM)
    if request.content_type == "multipart/form-data" and takes_files:
        return await _multipart(request)
    if request.content_type == "application/x-www-form-urlencoded":
        return Form(parse_fields(await _body(request, limit), MAX_FIELDS))
    raise BadRequest(415, NOT_A_FORM)


def parse_fields(written: bytes, most: int) -> Fields:
    """The fields of a form or a query. Raises BadRequest."""
    # no browser sends a NUL, and PostgreSQL takes none
    if b"\0" in written or b"%00" in written:
        raise BadRequest(400, NOT_A_FORM)
    try:
        return parse_qs(
            written.decode(errors="replace"), keep_blank_values=True, max_num_fields=most
        )
    except ValueError:
        raise BadRequest(400, NOT_A_FORM) from None


async def _body(request: web.Request, limit: int) -> bytes:
    if (request.content_length or 0) > limit:
        raise BadRequest(413, TOO_LARGE)
    parts, size = [], 0
    async for chunk in request.content.iter_chunked(65_536):
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            raise BadRequest(413, TOO_LARGE)
    return b"".join(parts)


async def _multipart(request: web.Request) -> Form:
    form = Form({})
    left = MAX_FILE
    if (request.content_length or 0) > MAX_FILE + MAX_BODY:
        raise BadRequest(413, TOO_LARGE)
    try:
        reader = await request.multipart()
        for _ in range(MAX_PARTS):
            part = await reader.next()
            if part is None:
                return form
            if not isinstance(part, BodyPartReader) or part.name is None:
                break
            content = bytearray()
            while chunk := await part.read_chunk(65_536):
                content += chunk
                left -= len(chunk)
                if left < 0:
                    raise BadRequest(413, TOO_LARGE)
            if part.filename is None and b"\0" in content:
                break
            if part.filename is None:
                form.fields.setdefault(part.name, []).append(content.decode(errors="replace"))
            else:
                form.files[part.name] = File(part.filename, bytes(content))
    except (ValueError, AssertionError, HttpProcessingError):
        raise BadRequest(400, NOT_A_FORM) from None
    raise BadRequest(400, NOT_A_FORM)
