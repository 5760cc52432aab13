"""Every public function that reads foreign text, as a function of one text."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import get_args

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core import (
    bounds,
    compose,
    consent,
    digest,
    drafting,
    filters,
    identity,
    page_link,
    recognition,
    schedule,
    tracking,
    traits,
)
from reblogbot.core.templates import Names, template
from reblogbot.core.text import (
    boilerplate,
    cleaning,
    escaping,
    language,
    line_breaks,
    markup,
    measure,
    mentions,
    repetition,
    shortening,
)
from reblogbot.core.text.hashtags import hashtags, untagged
from reblogbot.model import Author, Batch, Entry, Limits, Markup, Media, Post
from reblogbot.model.evidence import Habits
from reblogbot.model.history import SourceHistory
from reblogbot.sources.chouti import headline
from reblogbot.sources.chouti import page as chouti_page
from reblogbot.sources.chouti import parse as parse_chouti
from reblogbot.sources.fediverse import activitypub, people, statuses
from reblogbot.sources.feed import (
    arxiv,
    entry_media,
    json_feed,
    not_a_feed,
    skipped_hours,
    spans,
    xml_text,
)
from reblogbot.sources.feed import links as feed_links
from reblogbot.sources.feed import parse as parse_feed
from reblogbot.sources.scrape import json_query, page_images, parse_json_list, parse_page
from reblogbot.sources.shared import (
    body,
    dates,
    document,
    encoding,
    json_text,
    likeness,
    meta_refresh,
    plain_text,
    urls,
)
from reblogbot.targets.mastodon import limits, published, rate_limit, responses
from reblogbot.web import addresses

MODULES = """
    core.text.boilerplate core.text.cleaning core.text.hashtags core.text.language
    core.text.line_breaks core.text.links core.text.markup core.text.repetition
    core.text.escaping core.text.measure core.text.mentions core.text.patterns core.text.shortening
    core.identity core.bounds core.drafting core.filters core.compose core.templates core.digest
    core.schedule core.planning core.recognition core.traits core.habits core.page_link
    core.consent core.tracking
    sources.activitypub sources.arxiv sources.body sources.chouti_page sources.consent
    sources.dates sources.document sources.encoding sources.entry_media sources.feed_links sources.headline
    sources.json_query sources.json_text sources.jsonfeed sources.likeness sources.meta_refresh sources.not_a_feed
    sources.skipped_hours
    sources.parse_card sources.parse_chouti sources.parse_feed sources.parse_json_list
    sources.parse_page sources.people sources.plain sources.selectors
    sources.spans
    sources.statuses sources.timeline sources.urls sources.xml_text
    targets.classify targets.limits targets.ratelimit targets.standing web.addresses
""".split()
"""The modules whose public functions may be handed foreign text."""

EDGES = frozenset(
    """
    sources.actor sources.chouti sources.fediverse sources.feed sources.home_server
    sources.json_list sources.page sources.places sources.sax targets.fields targets.lookup
    targets.mastodon
    targets.media targets.recent targets.wire
    """.split()
)
"""Modules that fetch and send, read config, or hand foreign text on to the modules above."""

OWN = frozenset(
    """
    core.text.links.counted core.text.links.top_level_domains core.identity.edit_key
    core.templates.check_template core.digest.next_time core.schedule.next_poll
    core.schedule.next_try core.schedule.brought_forward sources.document.read_first
    core.schedule.hold_until core.schedule.back_off core.drafting.draft_job core.planning.plan
    core.planning.choose core.habits.learnt core.habits.remarks core.traits.ignores_ids
    core.traits.own_id core.traits.guid_key core.traits.keys_by_trait core.traits.title_key core.traits.keys_of
    core.traits.published_keys core.traits.evidence_of core.identity.key sources.consent.judged
    sources.json_query.read_query sources.selectors.split sources.selectors.read_selector
    sources.selectors.read_item sources.timeline.catch_up sources.timeline.first_pages
    sources.entry_media.entry_media sources.people.flag core.consent.blocked sources.not_a_feed.cut_off sources.dates.from_number
    sources.document.read_first
    """.split()
)
"""Functions of config, numbers and keys alone, or of what one of the others has read."""

TIMED = frozenset({"core.text.patterns.matches", "core.text.patterns.replaced"})
"""The admin's own patterns: they are stopped by the clock, see `patterns`."""

NOW = datetime(2026, 11, 27, tzinfo=UTC)
URL = "https://a.example/feed"
SOURCE = SourceSettings(
    name="s",
    kind="feed",
    to=("a",),
    template="paper",
    media=4,
    filter={"similar": 0.8, "languages": ["en"], "exclude": ["word"]},
)
ACCOUNT = AccountSettings(name="a", server="https://m.example", token_env="X")
LIMITS = Limits(500, 23)


def entry(text: str) -> Entry:
    """An entry whose every field is the text."""
    return Entry(
        title=text,
        link=f"https://a.example/{text}",
        guid=text,
        uri=text,
        summary=text,
        authors=(text,),
        categories=(text,),
        language=text,
        spoiler=text,
        media=(Media("https://a.example/x.png", alt=text),),
        published_at=NOW,
    )


def job(text: str) -> drafting.DraftJob:
    """The job of drafting such an entry."""
    empty = drafting.draft_job(SOURCE, ACCOUNT, LIMITS, Batch(title=text, language=text), NOW)
    return replace(empty, entries=(entry(text),))


def entries(text: str) -> Batch:
    """Many entries, each a piece of the text."""
    return Batch(tuple(entry(text[at : at + 8]) for at in range(0, len(text), 32)))


def page(text: str, url: str = URL) -> body.Body:
    return body.Body(text.encode("utf-8", "replace"), "", url, "", "UTC", NOW)


def rss(text: str) -> body.Body:
    """A feed with the text as a title, as markup, and in the places between."""
    return page(
        f'<rss version="2.0"><channel><title>{text}</title><item><title>{text}</title>'
        f"<description><![CDATA[{text}]]></description><guid>{text}</guid></item>{text}"
    )


def json_of(text: str) -> body.Body:
    fields = "id title summary url score img_url created_time nick content_html content_text"
    item = dict.fromkeys(fields.split(), text)
    return page(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]}))


def activity(text: str) -> body.Body:
    thing = dict.fromkeys(["content", "summary", "name", "url", "attributedTo", "published"], text)
    thing |= {"id": "https://a.example/1", "type": "Article", "preferredUsername": text}
    thing |= {"tag": [{"type": "Hashtag", "name": text}], "outbox": "https://a.example/o"}
    thing |= {"orderedItems": [text, {"type": "Create", "object": dict(thing)}]}
    thing |= {"links": [{"rel": "self", "type": text, "href": text}]}
    return page(json.dumps(thing), "https://a.example/1")


def status(text: str) -> dict[str, object]:
    """A status of the Mastodon API whose every field is the text."""
    fields = "uri url content spoiler_text visibility language created_at username display_name"
    made: dict[str, object] = dict.fromkeys([*fields.split(), "note", "title", "description"], text)
    made |= {"id": "1", "tags": [{"name": text}], "fields": [{"name": text, "value": text}]}
    made |= {"media_attachments": [{"type": "image", "url": URL, "description": text}]}
    return {**made, "account": dict(made), "card": {"url": text}}


def answer(text: str) -> responses.Answer:
    return responses.Answer(422, {"link": text}, text.encode("utf-8", "replace"))


READERS: dict[str, Callable[[str], object]] = {
    "core.text.cleaning.clean": cleaning.clean,
    "core.text.cleaning.one_line": cleaning.one_line,
    "core.text.hashtags.hashtags": lambda text: hashtags([text], 3, [text]),
    "core.text.hashtags.untagged": lambda text: untagged(["#a"], text),
    "core.text.escaping.escape": lambda text: [
        escaping.escape(text, kind) for kind in get_args(Markup)
    ],
    "core.text.language.language_of": language.language_of,
    "core.text.language.may_be_in": lambda text: language.may_be_in("kk", text),
    "core.text.language.text_language": lambda text: language.text_language(text, text, "ja"),
    "core.text.boilerplate.without_boilerplate": boilerplate.without_boilerplate,
    "core.text.line_breaks.unwrapped": line_breaks.unwrapped,
    "core.text.repetition.end_of_title": lambda text: repetition.end_of_title(text, text + "x"),
    "core.text.repetition.is_cut": repetition.is_cut,
    "core.text.repetition.without_heading": lambda text: repetition.without_heading(text, 1),
    "core.text.language.language_tag": language.language_tag,
    "core.text.markup.html_to_text": markup.html_to_text,
    "core.text.markup.read_by": published.links_in,
    "core.text.markup.unescape_once": markup.unescape_once,
    "core.text.measure.graphemes": measure.graphemes,
    "core.text.measure.size": measure.size,
    "core.text.measure.length": lambda text: measure.length(text, LIMITS),
    "core.text.mentions.defuse": mentions.defuse,
    "core.text.mentions.harmless_link": mentions.harmless_link,
    "core.text.shortening.beginning": shortening.beginning,
    "core.text.shortening.shorten": lambda text: shortening.shorten(text, 500),
    "core.identity.canonical_link": lambda text: identity.canonical_link.__wrapped__(URL + text),
    "core.tracking.is_tracking": lambda text: tracking.is_tracking(text, text),
    "core.identity.clean_link": lambda text: identity.clean_link(f"{URL}?{text}"),
    "core.identity.is_status_page": lambda text: identity.is_status_page(f"https://a.b/{text}"),
    "core.identity.host_of": lambda text: identity.host_of(f"https://{text}"),
    "core.identity.site_of": lambda text: identity.site_of(f"https://{text}"),
    "core.identity.author_key": lambda text: identity.author_key("", text, "s"),
    "core.identity.author_of": lambda text: identity.author_of(entry(text), "s"),
    "core.consent.address": lambda text: consent.address("a", text),
    "core.consent.fold_tag": consent.fold_tag,
    "core.consent.tags_in": lambda text: consent.tags_in([text]),
    "core.consent.opt_out": lambda text: consent.opt_out(Author(tags=(text,)), ["nobot"]),
    "core.consent.own_account": lambda text: consent.own_account(
        replace(entry(text), author=Author(address=text)), SOURCE, "a", {"b": text}
    ),
    "core.identity.link_key": lambda text: identity.link_key(URL + text),
    "core.identity.former_keys": lambda text: identity.former_keys(entry(text)),
    "core.identity.former_keys_by_trait": lambda text: [
        *identity.former_keys_by_trait(entry(text))
    ],
    "core.identity.former_published_keys_by_trait": lambda text: [
        *identity.former_published_keys_by_trait(entry(text), "s")
    ],
    "core.identity.keys_within": lambda text: identity.keys_within(entry(text), "s"),
    "core.identity.normal_guid": identity.normal_guid,
    "core.bounds.bounded": lambda text: bounds.bounded(entries(text)),
    "core.bounds.newest": lambda text: bounds.newest(entries(text).entries, 10),
    "core.bounds.age_order": lambda text: bounds.age_order(entries(text).entries),
    "core.drafting.drafts": lambda text: drafting.drafts(job(text)),
    "core.drafting.held_draft": lambda text: drafting.held_draft(entry(text), job(text), "why"),
    "core.filters.refusal": lambda text: filters.refusal(entry(text), SOURCE, NOW),
    "core.filters.similar": lambda text: filters.similar(text, f"{text}x"),
    "core.filters.near_duplicate": lambda text: filters.near_duplicate(text, ["words"] * 9, 0.8),
    "core.filters.refusal_again": lambda text: filters.refusal_again(
        entry(text), SOURCE, NOW, is_posted=False
    ),
    "core.filters.refusal_now": lambda text: filters.refusal_now(
        entry(text), SOURCE, NOW, is_status=True
    ),
    "core.filters.over_author_limit": lambda text: filters.over_author_limit(text, {}, 1),
    "core.filters.over_domain_limit": lambda text: filters.over_domain_limit(text, {}, 1),
    "core.compose.action_of": lambda text: compose.action_of(entry(text), SOURCE),
    "core.compose.compose": lambda text: compose.compose(entry(text), SOURCE, ACCOUNT, LIMITS),
    "core.compose.boost": lambda text: compose.boost(entry(text), SOURCE, ACCOUNT, LIMITS),
    "core.compose.link_excess": lambda text: compose.link_excess(Post("post", text, link=text)),
    "core.compose.plain": lambda text: compose.plain(entry(text), SOURCE, ACCOUNT, LIMITS),
    "core.compose.images_of": lambda text: compose.images_of(entry(text)),
    "core.templates.template": lambda text: template("headline").render(Names(text, text)),
    "core.digest.heading": lambda text: digest.heading(text, SOURCE, NOW),
    "core.digest.bundles": lambda text: digest.bundles(
        [Post("post", text[:500])] * 3, LIMITS, text[:500]
    ),
    "core.schedule.retry_after": lambda text: schedule.retry_after(text, NOW, text),
    "core.schedule.freshness": lambda text: schedule.freshness(
        dict.fromkeys(["cache-control", "expires", "age", "date"], text), NOW
    ),
    "core.recognition.candidates": lambda text: recognition.candidates("s", entries(text)),
    "core.recognition.recognise": lambda text: recognition.recognise(
        "s", recognition.candidates("s", entries(text)), SourceHistory()
    ),
    "core.recognition.lookup_keys": recognition.lookup_keys,
    "core.recognition.oldest_first": lambda text: recognition.oldest_first(entries(text).entries),
    "core.traits.traits_of": lambda text: traits.traits_of(entry(text), Habits()),
    "core.page_link.page_link": lambda text: page_link.page_link(f"{URL}?{text}"),
    "core.page_link.without_place": lambda text: page_link.without_place(URL + text),
    "core.page_link.host_of_page": lambda text: page_link.host_of_page(f"//{text}"),
    "core.page_link.differing_parameters": lambda text: page_link.differing_parameters(
        f"{URL}?{text}", f"{URL}?{text}x"
    ),
    "sources.activitypub.webfinger": lambda text: activitypub.webfinger(activity(text)),
    "sources.activitypub.actor": lambda text: activitypub.actor(activity(text)),
    "sources.activitypub.author": lambda text: activitypub.author(activity(text)),
    "sources.activitypub.leaf": lambda text: activitypub.leaf(activity(text)),
    "sources.activitypub.note": lambda text: activitypub.note(activity(text)),
    "sources.arxiv.is_paper": arxiv.is_paper,
    "sources.arxiv.unwrapped": lambda text: arxiv.unwrapped(entry(text)),
    "sources.body.read_bounded": lambda text: body.read_bounded(body.read_feed, rss(text), ()),
    "sources.body.read_feed": lambda text: body.read_feed(page(text)),
    "sources.chouti_page.records": chouti_page.records,
    "sources.dates.parse": lambda text: dates.parse(text, zone=UTC, now=NOW),
    "sources.document.host_of": document.host_of,
    "sources.document.origin_of": lambda text: document.origin_of(URL + text),
    "sources.encoding.decode": lambda text: encoding.decode(
        text.encode("gb18030", "replace"), content_type=text
    ),
    "sources.entry_media.pictures_in": entry_media.pictures_in,
    "sources.feed_links.named": lambda text: feed_links.named(page(text)),
    "sources.feed_links.usual": lambda text: list(feed_links.usual(URL + text)),
    "sources.headline.split": lambda text: headline.split(f"【{text}"),
    "sources.json_query.ask": lambda text: json_query.ask(
        "a[?b=='x'].b | [0]", {"a": [{"b": text}]}
    ),
    "sources.json_text.loads": lambda text: json_text.loads(f"call([{text}", URL),
    "sources.json_text.start": json_text.start,
    "sources.json_text.described": lambda text: json_text.described({text: text}),
    "sources.json_text.text_of": json_text.text_of,
    "sources.json_text.number_of": json_text.number_of,
    "sources.json_text.count_of": json_text.count_of,
    "sources.json_text.instant_of": lambda text: json_text.instant_of(text, UTC, NOW),
    "sources.jsonfeed.looks_like_json": json_feed.looks_like_json,
    "sources.jsonfeed.parse": lambda text: json_feed.parse(json_of(text).text(), URL, UTC, NOW),
    "sources.likeness.encoding_of": lambda text: likeness.encoding_of(
        text.encode("gb18030", "replace")
    ),
    "sources.meta_refresh.target": lambda text: meta_refresh.target(page(f"<meta {text}")),
    "sources.skipped_hours.of_week": skipped_hours.of_week,
    "sources.not_a_feed.refuse": lambda text: not_a_feed.refuse(f"<html>{text}", URL),
    "sources.not_a_feed.unknown": lambda text: not_a_feed.unknown(text, URL),
    "sources.parse_card.pictures": lambda text: page_images.pictures(
        f"<meta property=og:image content='{text}'>{text}".encode("utf-8", "replace"), "", URL, 4
    ),
    "sources.parse_chouti.parse_json": lambda text: parse_chouti.parse_json(json_of(text)),
    "sources.parse_chouti.parse_page": lambda text: parse_chouti.parse_page(page(text)),
    "sources.parse_chouti.parse_official_feed": lambda text: parse_chouti.parse_official_feed(
        rss(text)
    ),
    "sources.parse_feed.parse": lambda text: parse_feed.parse(
        *rss(text), known=spans.KnownEntries()
    ),
    "sources.parse_feed.parse_body": lambda text: parse_feed.parse_body(rss(text)),
    "sources.parse_json_list.parse": lambda text: parse_json_list.parse(
        json_of(text), "items", {"title": "title", "summary": "summary", "link": "url"}
    ),
    "sources.parse_page.parse": lambda text: parse_page.parse(
        page(f"<ul><li>{text}"), dict.fromkeys(["item", "title", "link", "summary", "image"], "li")
    ),
    "sources.people.of_account": lambda text: people.of_account(status(text)),
    "sources.people.profile_tags": lambda text: people.profile_tags(text, text, [{"value": text}]),
    "sources.plain.has_markup": plain_text.has_markup,
    "sources.plain.from_html": plain_text.from_html,
    "sources.plain.from_plain": plain_text.from_plain,
    "sources.plain.from_escaped": plain_text.from_escaped,
    "sources.plain.plain": plain_text.plain,
    "sources.plain.plain_line": plain_text.plain_line,
    "sources.spans.find": lambda text: spans.find(rss(text).octets, ""),
    "sources.statuses.read_all": lambda text: statuses.read_all([status(text)], "card", NOW),
    "sources.statuses.read": lambda text: statuses.read(status(text), "status", NOW),
    "sources.statuses.came_at": lambda text: statuses.came_at(status(text), NOW),
    "sources.statuses.mime": lambda text: statuses.mime(URL + text, "image"),
    "sources.urls.web_url": lambda text: urls.web_url(URL, text),
    "sources.urls.json_link": lambda text: urls.json_link(URL, text),
    "sources.urls.absolute": lambda text: urls.absolute(URL, text),
    "sources.urls.is_web_url": urls.is_web_url,
    "sources.xml_text.prepare": lambda text: xml_text.prepare(f"<rss><item></item>{text}"),
    "sources.xml_text.relative_guids": lambda text: xml_text.relative_guids(text, URL),
    "sources.xml_text.no_permalinks": xml_text.no_permalinks,
    "sources.xml_text.media_groups": lambda text: xml_text.media_groups(f"<media:group {text}"),
    "sources.xml_text.media_alts": lambda text: xml_text.media_alts(f"<media:content {text}"),
    "targets.classify.classify": lambda text: responses.classify(answer(text), "create"),
    "targets.classify.remote_id": lambda text: responses.remote_id({"id": text}),
    "targets.classify.good": lambda text: responses.good(
        answer(text), "create", where="here", now=NOW, secret="s" * 40
    ),
    "targets.classify.message": lambda text: responses.message("rejected", answer(text), "here"),
    "targets.classify.words": lambda text: responses.words(answer(text), "s" * 40),
    "targets.classify.host": responses.host,
    "targets.limits.limits": lambda text: limits.limits({"max_toot_chars": text, "uri": text}),
    "targets.limits.markup": lambda text: limits.markup({"version": text}),
    "targets.limits.is_mastodon": lambda text: limits.is_mastodon({"version": text}),
    "targets.ratelimit.until": lambda text: rate_limit.until(
        dict.fromkeys(["retry-after", "ratelimit", "x-ratelimit-reset", "date"], text), NOW
    ),
    "targets.standing.standing": lambda text: published.standing(status(text)),
    "targets.standing.receipt": lambda text: published.receipt(status(text)),
    "targets.standing.names_of": lambda text: published.names_of(status(text)),
    "targets.standing.page_of": lambda text: published.page_of(status(text)),
    "targets.standing.links_in": published.links_in,
    "targets.standing.last_id": lambda text: published.last_id([status(text)] * 3),
    "targets.standing.text": lambda text: published.text({"a": text}, "a"),
    "targets.standing.instant": published.instant,
    "web.addresses.is_public": addresses.is_public,
    "web.addresses.is_in": lambda text: addresses.is_in(text, [ip_network("10.0.0.0/8")]),
    "web.addresses.is_local_host": addresses.is_local_host,
    "web.addresses.is_address": addresses.is_address,
    "web.addresses.shown": addresses.shown,
}
"""Each such function by its dotted name, in the shape that lets it read most of the text."""

NASTY = (
    # texts
    *(
        "@ ",
        "# ",
        "@a@b ",
        "#a#",
        "a@",
        "@a.",
        "＃",
        "🇦",
        "👩\u200d",
        "e\u0301",
        "\u0301",
        "\u0600",
    ),
    *("क\u094d", "\u200d", "\ufe0f", "ﷺ", "İ", "\n\n", " ", "\t", "\u3000", "\r", "\0", "\x1b"),
    *("(", "((", "“", "】", "【", "word ", "字", "字。", "a-", "a.", "1,", "-", "_", "İi"),
    # links
    *("https://", "https://a.b/(", "http://a", "://", "/", "/@", "/a/", "%41", "%", "?a=b&", "#a"),
    *("xn--", "&utm_a=b", "a:1@", "。", "["),
    # markup
    *("<", "<a ", "<a b=", "<a b='", "<a href=x>", "</a>", " <tr>", "<td>", "<div>", "<p>", "<br>"),
    *("<li>", "<pre>", "<svg>", "<script>", "</", "<!--", "-->", "<![CDATA[", "]]>", "<!", "<?"),
    *(
        "&",
        "&#",
        "&#1;",
        "&a",
        "&amp;",
        "<img src=a>",
        "<meta charset=",
        "<meta ",
        "http-equiv=refresh ",
        "content='1;url=",
        "<skipHours>",
        "<hour>1",
        "a(",
        "<link rel=",
        "<title>",
    ),
    *("<sup>", "<sup>2</sup>", "<rt>", "<img alt=😀>", "<b a='", "&#39;"),
    # what programs add
    *("...", "[…]", "Read more ", "The post ", "submitted by a to b\n", "Comments\n", "і", "Ә"),
    *("[link] ", "Points: 1\n", "Digg This! • ", "a a a a a aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"),
    # feeds
    *("<item>", "</item>", "<entry>", "<guid>", "<media:content ", "<media:content url='a'>"),
    *(
        "<media:group>",
        "</media:group>",
        "<media:description>",
        "<rss ",
        "<?xml ",
        "?>",
        "<!DOCTYPE",
        "<!ENTITY",
    ),
    # JSON, dates and answers of servers
    *("[", "{", '{"a":', '"', "\\", "{{", "2026-", "12:", "jan ", "+1", "1e9", "t=", "reset=1"),
    *(
        "max",
        "exceed",
        "max ",
        "more than ",
        "  characters",
        "字限",
        "超",
        "上限",
        "over the limit",
    ),
    *("arXiv:a ", "Announce Type: ", "#no", "charset=", "rel=", ">", ";", "="),
)
"""Fragments that, repeated, have made or could make some reader go back over what it has read."""

BY_LEXBOR = frozenset(
    """
    sources.chouti_page.records sources.feed_links.named sources.parse_card.pictures
    sources.parse_chouti.parse_json sources.parse_chouti.parse_page sources.parse_page.parse
    """.split()
)
"""Readers of whole pages by lexbor, which looks through all open elements for some tags.

What that costs is quadratic in the depth of a page and cannot be bounded here: pages are read in
the parser child alone, which has a deadline.
"""

NESTING = ("<div>", "<p>", "<li>", "<td>", "<tr>", "<pre>", "<svg>", "<a ", "<title>", "<item>")
"""Fragments that nest without end."""
