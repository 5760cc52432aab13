"""Names of elements and attributes as feedparser gives them, for documents read without it."""

from __future__ import annotations

from collections.abc import Mapping

# feedparser's prefixes of the namespaces whose elements identify an entry, or hold its texts
_PREFIXES = {
    "http://backend.userland.com/rss": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://purl.org/atom/ns#": "",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/rss/1.0/modules/rss091#": "",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/xml/1998/namespace": "xml",
}
# any namespace of Userland's is taken for RSS
_USERLAND = "backend.userland.com/rss"
# feedparser knows no namespace of Pheedo, so that the prefix of the document counts
_PHEEDO = "http://www.pheedo.com/"
_RESERVED = frozenset(_PREFIXES.values()) - {""}
# attributes without a namespace that decide how an element is read
_DECISIVE = frozenset("base href ispermalink lang lastmod mode rel type uri url version".split())


class UncertainDocument(Exception):
    """A document whose outline is not certain: it must be read as a whole."""


class ElementNames:
    """The names of the elements of one document, whose namespaces are declared as they are met."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._prefixes: dict[str, str | None] = {}
        self._namespaces: dict[str, str] = {}

    def declare(self, prefix: str | None, namespace: str) -> None:
        """Declare a namespace. Raises UncertainDocument where feedparser might mistake it."""
        known = _standard_prefix(namespace)
        is_renamed = prefix and self._namespaces.setdefault(prefix, namespace) != namespace
        is_misnamed = _is_reserved(prefix, namespace) and known != (prefix or "").lower()
        # feedparser names an element by the first prefix that its namespace was declared with
        is_renaming = known is None and self._prefixes.setdefault(namespace, prefix) != prefix
        if is_renamed or is_misnamed or is_renaming or " " in namespace:
            raise UncertainDocument

    def name(self, expanded: str) -> str:
        """The name of an element that expat names "namespace name", such as "title", "dc:date"."""
        name = self._names.get(expanded)
        if name is None:
            name = self._names[expanded] = self._name(expanded)
        return name

    def attributes(self, expanded: Mapping[str, str]) -> dict[str, str]:
        """The attributes by their names, such as "href" and "xml:lang".

        Raises UncertainDocument where feedparser might take one of another namespace for its own.
        """
        return {_attribute_name(name): value for name, value in expanded.items()}

    def _name(self, expanded: str) -> str:
        namespace, _, local = expanded.rpartition(" ")
        prefix = _standard_prefix(namespace)
        if prefix is None:
            prefix = self._prefixes.get(namespace)
        return f"{prefix}:{local}".lower() if prefix else local.lower()


def _attribute_name(expanded: str) -> str:
    namespace, _, local = expanded.rpartition(" ")
    local = local.lower()
    if not namespace:
        return local
    prefix = _standard_prefix(namespace)
    if not prefix and local in _DECISIVE:
        raise UncertainDocument
    return f"{prefix or namespace}:{local}"


def _standard_prefix(namespace: str) -> str | None:
    """The prefix that feedparser gives a namespace: "" for one of feeds, None for unknown ones."""
    namespace = namespace.lower()
    return "" if _USERLAND in namespace else _PREFIXES.get(namespace)


def _is_reserved(prefix: str | None, namespace: str) -> bool:
    """Whether a prefix stands for one namespace, which this may not be."""
    if prefix == "pheedo":
        return not namespace.startswith(_PHEEDO)
    return prefix is not None and prefix.lower() in _RESERVED
