"""Identity: the forms of a link, the keys of an entry, and the evidence stored beside them."""

from reblogbot.core.identity.keys import (
    KEY_BYTES,
    author_key,
    author_of,
    edit_key,
    follow_up_key,
    key,
    legacy_keys,
    link_key,
    part_key,
)
from reblogbot.core.identity.links import (
    canonical_link,
    clean_link,
    host_of,
    is_status_page,
    site_of,
)

__all__ = [
    "KEY_BYTES",
    "author_key",
    "author_of",
    "canonical_link",
    "clean_link",
    "edit_key",
    "follow_up_key",
    "host_of",
    "is_status_page",
    "key",
    "legacy_keys",
    "link_key",
    "part_key",
    "site_of",
]
