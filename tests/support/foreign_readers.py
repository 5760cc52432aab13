"""Every public function that reads foreign text, as a function of one text."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import get_args

from selectolax.lexbor import LexborHTMLParser

from reblogbot.admin.other_bots import format_strings
from reblogbot.config.settings import AccountSettings, SourceSettings, StepSettings
from reblogbot.core import (
    ai_signals,
    articles,
    bounds,
    compose,
    consent,
    digest,
    drafting,
    filters,
    generated,
    http_headers,
    importing,
    json_values,
    mastodon_json,
    prompts,
    recognition,
    similarity,
    threads,
)
from reblogbot.core.identity import keys, links, match_fields, page_link, tracking_parameters
from reblogbot.core.templates import TemplateContext, compile_template
from reblogbot.core.text import (
    boilerplate,
    cleaning,
    escaping,
    labels,
    language,
    line_breaks,
    marks,
    markup,
    measure,
    mentions,
    repetition,
    sentences,
    shortening,
)
from reblogbot.core.text.hashtags import hashtags, untagged
from reblogbot.media import page_images, page_text, pages, robots_txt
from reblogbot.model import Author, Batch, Entry, Markup, Media, Post, ServerLimits, StepText
from reblogbot.model.evidence import SourceHabits
from reblogbot.model.history import SourceHistory
from reblogbot.sources.chouti import headline
from reblogbot.sources.chouti import page as chouti_page
from reblogbot.sources.chouti import parse as parse_chouti
from reblogbot.sources.fediverse import accounts, activitypub, statuses, timeline_cursor
from reblogbot.sources.feed import (
    arxiv,
    entry_media,
    header,
    json_feed,
    not_a_feed,
    opml,
    outline,
    page_feeds,
    raw_xml,
    skipped_hours,
    worker,
    xml_repair,
)
from reblogbot.sources.feed import parse as parse_feed
from reblogbot.sources.scrape import json_query, parse_json_list, parse_page
from reblogbot.sources.shared import (
    dates,
    encoding,
    encoding_detection,
    html,
    json_text,
    messages,
    meta_refresh,
    origins,
    plain_text,
    response_body,
    urls,
)
from reblogbot.steps import chat_answer
from reblogbot.targets.mastodon import entities, limits, responses
from reblogbot.targets.shared import answers, html_links, rate_limit
from reblogbot.targets.wordpress import content, posts, slugs
from reblogbot.targets.wordpress import responses as blog_responses
from reblogbot.web import addresses

MODULES = """
    admin.other_bots.format_strings core.ai_signals core.articles core.bounds core.compose core.consent core.digest core.drafting core.filters core.generated core.habits
    core.identity.evidence core.identity.keys core.identity.links core.identity.match_fields
    core.identity.page_link core.identity.tracking_parameters core.importing core.json_values
    core.http_headers core.mastodon_json core.planning core.prompts core.recognition core.schedule core.similarity
    core.threads
    core.templates core.text.boilerplate core.text.cleaning core.text.escaping
    core.text.hashtags core.text.labels core.text.language core.text.line_breaks core.text.links core.text.markup
    core.text.marks core.text.sentences
    core.text.measure core.text.mentions core.text.patterns core.text.repetition
    core.text.shortening sources.chouti.headline sources.chouti.page sources.chouti.parse
    sources.fediverse.accounts sources.fediverse.activitypub sources.fediverse.relationships
    sources.fediverse.statuses sources.fediverse.timeline sources.fediverse.timeline_cursor
    sources.feed.arxiv sources.feed.element_names sources.feed.entry sources.feed.entry_media
    sources.feed.header sources.feed.json_feed sources.feed.not_a_feed sources.feed.opml sources.feed.outline
    sources.feed.page_feeds sources.feed.parse sources.feed.raw_xml sources.feed.skipped_hours
    sources.feed.worker sources.feed.xml_repair sources.scrape.json_query
    media.page_images media.page_text media.pages media.robots_txt sources.scrape.parse_json_list sources.scrape.parse_page
    sources.scrape.selectors sources.shared.dates sources.shared.document
    sources.shared.document_cursor sources.shared.encoding sources.shared.encoding_detection
    sources.shared.fallbacks sources.shared.html sources.shared.json_text
    sources.shared.messages sources.shared.meta_refresh sources.shared.origins
    sources.shared.plain_text sources.shared.response_body sources.shared.urls steps.chat_answer
    targets.mastodon.limits targets.mastodon.entities targets.shared.answers
    targets.shared.html_links targets.shared.rate_limit targets.shared.verdicts
    targets.wordpress.content targets.wordpress.posts targets.wordpress.responses
    targets.wordpress.slugs
    targets.mastodon.responses web.addresses
""".split()
"""The modules whose public functions may be handed foreign text."""

EDGES = frozenset(
    """
    sources.chouti.source sources.feed.discovery sources.fediverse.acct sources.fediverse.actor_source
    sources.fediverse.home_server
    sources.fediverse.endpoints sources.fediverse.timeline_source sources.feed.expat_driver sources.feed.source
    steps.bounds steps.chat steps.command steps.key
    targets.files.documents targets.files.feed targets.files.folder targets.files.names
    targets.files.target
    sources.registry sources.scrape.json_source sources.scrape.page_source targets.mastodon.status_params
    targets.mastodon.lookup targets.mastodon.media targets.mastodon.own_statuses
    targets.mastodon.oauth targets.mastodon.server_client targets.mastodon.server_info
    targets.mastodon.target targets.shared.transport targets.wordpress.media targets.wordpress.site
    targets.wordpress.target targets.wordpress.terms
    """.split()
)
"""Modules that fetch and send, read config, or hand foreign text on to the modules above."""

OWN = frozenset(
    """
    steps.chat_answer.slug_of
    core.consent.blocked_reason core.digest.next_time core.drafting.draft_job
    core.drafting.refusal_of_person core.planning.follow_up_of
    core.habits.learn_from_batch core.habits.remarks core.identity.evidence.agrees
    core.identity.evidence.comparable_evidence core.identity.evidence.evidence_of
    core.identity.evidence.is_same_by_id core.identity.evidence.is_same_by_link
    core.identity.evidence.is_same_by_link_and_stable_id core.identity.evidence.is_same_by_title
    core.identity.keys.edit_key core.identity.keys.follow_up_key core.identity.keys.part_key core.identity.keys.key
    core.templates.step_names core.identity.match_fields.entry_keys
    core.identity.match_fields.guid_key core.identity.match_fields.ignores_dates
    core.identity.match_fields.ignores_ids core.identity.match_fields.ignores_links
    core.identity.match_fields.keys_by_field core.identity.match_fields.own_guid
    core.identity.match_fields.place_keys core.identity.match_fields.published_keys
    core.identity.match_fields.title_key core.importing.import_plan core.prompts.digest core.prompts.prompt_job
    core.compose.placeholder core.recognition.with_entries
    core.identity.match_fields.title_with_context core.planning.select_entries core.planning.plan
    core.schedule.back_off core.schedule.bring_forward core.schedule.hold_until
    core.schedule.next_poll core.schedule.next_try core.templates.check_template
    core.text.links.counted core.text.links.top_level_domains sources.fediverse.relationships.forbid_blocked
    sources.fediverse.accounts.bool_or_none sources.fediverse.timeline.catch_up
    sources.fediverse.timeline.first_pages sources.feed.entry_media.entry_media
    sources.feed.not_a_feed.truncated_feed_error sources.scrape.json_query.read_query
    sources.scrape.selectors.read_item sources.scrape.selectors.read_selector
    sources.scrape.selectors.split sources.shared.dates.from_number
    sources.shared.fallbacks.read_first sources.shared.fallbacks.poll_document sources.shared.fallbacks.read_document
    sources.shared.document.without_http sources.shared.document.from_other_address
    sources.fediverse.timeline_cursor.bounded_marks sources.feed.header.fresh_for
    sources.feed.header.read_header sources.shared.dates.plausible
    targets.wordpress.posts.named_posts targets.wordpress.posts.own_posts
    targets.wordpress.slugs.image_slug targets.wordpress.slugs.post_slug
    targets.wordpress.slugs.trashed_slug
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
LIMITS = ServerLimits(500, 23)


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
        text=text,
    )


def job(text: str) -> drafting.DraftJob:
    """The job of drafting such an entry."""
    empty = drafting.draft_job(SOURCE, ACCOUNT, LIMITS, Batch(title=text, language=text), NOW)
    return replace(empty, entries=(entry(text),))


def prompt_job(text: str) -> prompts.PromptJob:
    """The job of asking a step about such an entry, with such a result of an earlier step."""
    step = StepSettings(
        name="explain",
        kind="chat",
        url=URL,
        model="m",
        prompt="{{ title }} {{ summary }} {{ text }} {{ points }}",
        max_input=3 * len(text) + 100,
    )
    empty = prompts.prompt_job(step, SOURCE, text)
    return replace(empty, entries=(entry(text),), results=({"points": StepText(text, text)},))


def entries(text: str) -> Batch:
    """Many entries, each a piece of the text."""
    return Batch(tuple(entry(text[at : at + 8]) for at in range(0, len(text), 32)))


def page(text: str, url: str = URL) -> response_body.ResponseBody:
    return response_body.ResponseBody(text.encode("utf-8", "replace"), "", url, "", "UTC", NOW)


def rss(text: str) -> response_body.ResponseBody:
    """A feed with the text as a title, as markup, and in the places between."""
    return page(
        f'<rss version="2.0"><channel><title>{text}</title><item><title>{text}</title>'
        f"<description><![CDATA[{text}]]></description><guid>{text}</guid></item>{text}"
    )


def anew(body: response_body.ResponseBody) -> response_body.ResponseBody:
    """The body of a document that the parser has forgotten."""
    parse_feed.load_document.cache_clear()
    return body


def dated_feed(text: str) -> response_body.ResponseBody:
    """A feed whose first entry is certain where the text is well-formed, and behind it another."""
    entry = "<title>a</title><link>/a</link><guid>1</guid><pubDate>2026-01-01</pubDate>"
    return page(
        f'<rss version="2.0"><channel><title>T</title><item>{entry}'
        f"<description><![CDATA[{text.replace(']]>', '')}]]></description></item>"
        f"<item><title>b</title>{text}</item></channel></rss>"
    )


def json_of(text: str) -> response_body.ResponseBody:
    fields = "id title summary url score img_url created_time nick content_html content_text"
    item = dict.fromkeys(fields.split(), text)
    return page(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]}))


def activity(text: str) -> response_body.ResponseBody:
    thing = dict.fromkeys(["content", "summary", "name", "url", "attributedTo", "published"], text)
    thing |= {"id": "https://a.example/1", "type": "Article", "preferredUsername": text}
    thing |= {"tag": [{"type": "Hashtag", "name": text}], "outbox": "https://a.example/o"}
    thing |= {"orderedItems": [text, {"type": "Create", "object": dict(thing)}]}
    thing |= {"links": [{"rel": "self", "type": text, "href": text}]}
    return page(json.dumps(thing), "https://a.example/1")


def status(text: str) -> dict[str, object]:
    """A status of the Mastodon API whose every field is the text."""
    fields = "uri url content spoiler_text visibility language created_at username display_name"
    fields_of_text: dict[str, object] = dict.fromkeys(
        [*fields.split(), "note", "title", "description"], text
    )
    fields_of_text |= {
        "id": "1",
        "tags": [{"name": text}],
        "fields": [{"name": text, "value": text}],
    }
    fields_of_text |= {"media_attachments": [{"type": "image", "url": URL, "description": text}]}
    return {**fields_of_text, "account": dict(fields_of_text), "card": {"url": text}}


def chat_answer_of(text: str, status: int = 200) -> chat_answer.ChatAnswer:
    headers = {"retry-after": text, "location": text, "content-type": text}
    return chat_answer.ChatAnswer("here", status, headers, text.encode("utf-8", "replace"))


def blog_post(text: str) -> dict[str, object]:
    """A post of a blog whose every field is the text."""
    fields: dict[str, object] = dict.fromkeys(["slug", "status", "link", "date_gmt"], text)
    return fields | {"id": 1, "title": {"raw": text}, "content": {"raw": text}}


def answer(text: str) -> answers.ServerAnswer:
    return answers.ServerAnswer(422, {"link": text}, text.encode("utf-8", "replace"))


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
    "core.text.markup.read_by": entities.links_in,
    "core.text.markup.unescape_once": markup.unescape_once,
    "core.text.measure.graphemes": measure.graphemes,
    "core.text.measure.size": measure.size,
    "core.text.measure.length": lambda text: measure.length(text, LIMITS),
    "core.text.mentions.defuse": mentions.defuse,
    "core.text.mentions.mentions": mentions.mentions,
    "core.text.mentions.harmless_link": mentions.harmless_link,
    "core.text.shortening.beginning": shortening.beginning,
    "core.text.shortening.shorten": lambda text: shortening.shorten(text, 500),
    "core.identity.links.canonical_link": lambda text: links.canonical_link.__wrapped__(URL + text),
    "core.identity.tracking_parameters.is_tracking": lambda text: tracking_parameters.is_tracking(
        text, text
    ),
    "core.identity.links.clean_link": lambda text: links.clean_link(f"{URL}?{text}"),
    "core.identity.links.is_status_page": lambda text: links.is_status_page(f"https://a.b/{text}"),
    "core.identity.links.host_of": lambda text: links.host_of(f"https://{text}"),
    "core.identity.links.site_of": lambda text: links.site_of(f"https://{text}"),
    "core.identity.keys.author_key": lambda text: keys.author_key("", text, "s"),
    "core.identity.keys.author_of": lambda text: keys.author_of(entry(text), "s"),
    "core.consent.account_address": lambda text: consent.account_address("a", text),
    "core.consent.fold_tag": consent.fold_tag,
    "core.consent.tags_in": lambda text: consent.tags_in([text]),
    "core.consent.opt_out_tag": lambda text: consent.opt_out_tag(Author(tags=(text,)), ["nobot"]),
    "core.consent.own_account_reason": lambda text: consent.own_account_reason(
        replace(entry(text), author=Author(address=text)), SOURCE, "a", {"b": text}
    ),
    "core.identity.keys.link_key": lambda text: keys.link_key(URL + text),
    "core.identity.keys.legacy_keys": lambda text: keys.legacy_keys(entry(text)),
    "core.identity.keys.legacy_keys_by_field": lambda text: [
        *keys.legacy_keys_by_field(entry(text))
    ],
    "core.identity.keys.legacy_published_keys_by_field": lambda text: [
        *keys.legacy_published_keys_by_field(entry(text), "s")
    ],
    "core.identity.keys.source_scoped_key": lambda text: keys.source_scoped_key(entry(text), "s"),
    "core.identity.keys.normalised_guid": keys.normalised_guid,
    "core.bounds.bounded": lambda text: bounds.bounded(entries(text)),
    "core.bounds.bounded_entry": lambda text: bounds.bounded_entry(entry(text)),
    "core.bounds.newest": lambda text: bounds.newest(entries(text).entries, 10),
    "core.bounds.age_order": lambda text: bounds.age_order(entries(text).entries),
    "core.drafting.drafts": lambda text: drafting.drafts(job(text)),
    "core.drafting.held_draft": lambda text: drafting.held_draft(entry(text), job(text), "why"),
    "core.filters.refusal": lambda text: filters.refusal(entry(text), SOURCE, NOW),
    "core.filters.refusal_of_requested": lambda text: filters.refusal_of_requested(
        entry(text), SOURCE
    ),
    "core.similarity.similar": lambda text: similarity.similar(text, f"{text}x"),
    "core.similarity.near_duplicate": lambda text: similarity.near_duplicate(
        text, ["words"] * 9, 0.8
    ),
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
    "core.compose.step_results": lambda text: compose.step_results(
        ["points"], {"points": StepText(text, text)}, ["points"]
    ),
    "core.articles.article_of": lambda text: articles.article_of(
        text, text, URL, [text], has_heading=False
    ),
    "core.articles.article_of_text": lambda text: articles.article_of_text(text, URL),
    "core.articles.article_of_post": lambda text: articles.article_of_post(Post("post", text=text)),
    "core.articles.plain_text": lambda text: articles.plain_text(articles.article_of_text(text)),
    "core.generated.cleaned": lambda text: generated.cleaned(
        text, own_links=[URL], own_tags=["a"], keep_links=False, most=len(text)
    ),
    "core.prompts.prompts": lambda text: prompts.prompts(prompt_job(text)),
    "core.threads.parts": lambda text: threads.parts(Post("post", text), LIMITS),
    "core.text.labels.label_of": labels.label_of,
    "core.text.marks.marked": marks.marked,
    "core.text.marks.unmarked": marks.unmarked,
    "core.text.marks.is_generated": marks.is_generated,
    "core.text.marks.labelled": lambda text: marks.labelled(marks.marked(text), "label"),
    "core.text.sentences.cut": lambda text: sentences.cut(text, len(text) // 2),
    "core.text.sentences.sentence_ends": lambda text: [*sentences.sentence_ends(text)],
    "core.text.shortening.word_boundary": lambda text: shortening.word_boundary(
        text, len(text) // 2
    ),
    "core.compose.boost": lambda text: compose.boost(entry(text), SOURCE, ACCOUNT, LIMITS),
    "core.compose.link_excess": lambda text: compose.link_excess(Post("post", text, link=text)),
    "core.compose.plain": lambda text: compose.plain(entry(text), SOURCE, ACCOUNT, LIMITS),
    "core.compose.images_of": lambda text: compose.images_of(entry(text)),
    "core.templates.compile_template": lambda text: compile_template("headline").render(
        TemplateContext(text, text)
    ),
    "core.digest.heading": lambda text: digest.heading(text, SOURCE, NOW),
    "core.digest.bundles": lambda text: digest.bundles(
        [Post("post", text[:500])] * 3, LIMITS, text[:500]
    ),
    "core.http_headers.retry_after": lambda text: http_headers.retry_after(text, NOW, text),
    "core.http_headers.freshness": lambda text: http_headers.freshness(
        dict.fromkeys(["cache-control", "expires", "age", "date"], text), NOW
    ),
    "core.recognition.candidates": lambda text: recognition.candidates("s", entries(text)),
    "core.recognition.recognise": lambda text: recognition.recognise(
        "s", recognition.candidates("s", entries(text)), SourceHistory()
    ),
    "core.recognition.lookup_keys": recognition.lookup_keys,
    "core.recognition.keys_of_written": recognition.keys_of_written,
    "core.recognition.oldest_first": lambda text: recognition.oldest_first(entries(text).entries),
    "core.identity.match_fields.match_fields": lambda text: match_fields.match_fields(
        entry(text), SourceHabits()
    ),
    "core.identity.match_fields.guid_field": lambda text: match_fields.guid_field(
        URL + text, frozenset()
    ),
    "core.identity.page_link.page_link": lambda text: page_link.page_link(f"{URL}?{text}"),
    "core.identity.page_link.without_fragment": lambda text: page_link.without_fragment(URL + text),
    "core.identity.page_link.host_of_page": lambda text: page_link.host_of_page(f"//{text}"),
    "core.identity.page_link.differing_parameters": lambda text: page_link.differing_parameters(
        f"{URL}?{text}", f"{URL}?{text}x"
    ),
    "sources.fediverse.activitypub.webfinger": lambda text: activitypub.webfinger(activity(text)),
    "sources.fediverse.activitypub.actor": lambda text: activitypub.actor(activity(text)),
    "sources.fediverse.activitypub.author": lambda text: activitypub.author(activity(text)),
    "sources.fediverse.activitypub.outbox_page": lambda text: activitypub.outbox_page(
        activity(text)
    ),
    "sources.fediverse.activitypub.note": lambda text: activitypub.note(activity(text)),
    "sources.feed.arxiv.is_paper": arxiv.is_paper,
    "sources.feed.arxiv.unwrapped": lambda text: arxiv.unwrapped(entry(text)),
    "sources.shared.response_body.read_bounded": lambda text: response_body.read_bounded(
        worker.read_feed, anew(rss(text)), ()
    ),
    "sources.feed.worker.read_feed": lambda text: worker.read_feed(anew(page(text))),
    "sources.feed.opml.read_opml": lambda text: opml.read_opml(
        page(f'<opml><body><outline text="{text}" xmlUrl="{text}"/>{text}</body></opml>')
    ),
    "core.importing.verdicts": lambda text: importing.verdicts(
        entries(text).entries, importing.BotMemory("b", NOW, frozenset({text}))
    ),
    "core.importing.value_keys": importing.value_keys,
    "admin.other_bots.format_strings.jinja_template": lambda text: format_strings.jinja_template(
        f"{text}{{title}}{text}", {"title": "title"}
    ),
    "admin.other_bots.format_strings.jinja_literal": format_strings.jinja_literal,
    "sources.feed.worker.outline_feed": lambda text: worker.outline_feed(anew(rss(text))),
    "sources.feed.worker.read_entries": lambda text: worker.read_entries(
        anew(dated_feed(text)), (0,)
    ),
    "sources.chouti.page.records": chouti_page.records,
    "sources.shared.dates.parse": lambda text: dates.parse(text, zone=UTC, now=NOW),
    "sources.shared.origins.host_of": origins.host_of,
    "sources.shared.origins.origin_of": lambda text: origins.origin_of(URL + text),
    "sources.shared.encoding.decode": lambda text: encoding.decode(
        text.encode("gb18030", "replace"), content_type=text
    ),
    "sources.feed.entry_media.images_in": entry_media.images_in,
    "sources.feed.page_feeds.named_feeds": lambda text: page_feeds.named_feeds(page(text)),
    "sources.feed.page_feeds.usual_urls": lambda text: list(page_feeds.usual_urls(URL + text)),
    "sources.chouti.headline.split": lambda text: headline.split(f"【{text}"),
    "sources.scrape.json_query.search": lambda text: json_query.search(
        "a[?b=='x'].b | [0]", {"a": [{"b": text}]}
    ),
    "sources.shared.json_text.loads": lambda text: json_text.loads(f"call([{text}", URL),
    "sources.shared.messages.excerpt": messages.excerpt,
    "sources.shared.json_text.described": lambda text: json_text.described({text: text}),
    "core.json_values.text_of": json_values.text_of,
    "core.json_values.number_of": json_values.number_of,
    "core.json_values.count_of": json_values.count_of,
    "core.json_values.object_of": json_values.object_of,
    "core.json_values.without_surrogates": json_values.without_surrogates,
    "sources.shared.dates.from_json": lambda text: dates.from_json(text, UTC, NOW),
    "sources.feed.json_feed.looks_like_json": json_feed.looks_like_json,
    "sources.feed.json_feed.parse": lambda text: json_feed.parse(
        json_of(text).text(), URL, UTC, NOW
    ),
    "sources.shared.encoding_detection.detect": lambda text: encoding_detection.detect(
        text.encode("gb18030", "replace")
    ),
    "sources.shared.meta_refresh.target": lambda text: meta_refresh.target(page(f"<meta {text}")),
    "sources.feed.skipped_hours.of_week": skipped_hours.of_week,
    "sources.feed.not_a_feed.refuse_other_documents": lambda text: (
        not_a_feed.refuse_other_documents(f"<html>{text}", URL)
    ),
    "sources.feed.not_a_feed.unknown_format_error": lambda text: not_a_feed.unknown_format_error(
        text, URL
    ),
    "core.ai_signals.of_headers": lambda text: ai_signals.of_headers(
        dict.fromkeys(["x-robots-tag", "content-signal", "content-usage"], text), "it"
    ),
    "core.ai_signals.of_metadata": lambda text: ai_signals.of_metadata([("robots", text)]),
    "core.ai_signals.preferences_as_rules": lambda text: ai_signals.preferences_as_rules(
        f"Content-Usage: {text}\n{text}", "Content-Usage"
    ),
    "media.page_images.images_in": lambda text: page_images.images_in([("og:image", text)], URL),
    "media.page_images.metadata_of": lambda text: page_images.metadata_of(
        LexborHTMLParser(f"<meta name='{text}' content='{text}'>{text}")
    ),
    "media.page_text.main_text": lambda text: page_text.main_text(f"<p>{text}", 30_000),
    "media.page_text.read_page": lambda text: page_text.read_page(
        f"<meta property=og:image content='{text}'>{text}".encode("utf-8", "replace"),
        "",
        URL,
        4,
        30_000,
    ),
    "media.pages.page_address": lambda text: pages.page_address(f"https://arxiv.org/pdf/{text}"),
    "media.robots_txt.rules_for": lambda text: robots_txt.rules_for(
        f"User-agent: *\nDisallow: {text}\n{text}".encode("utf-8", "replace"), URL + text
    ),
    "sources.chouti.parse.parse_json": lambda text: parse_chouti.parse_json(json_of(text)),
    "sources.chouti.parse.parse_page": lambda text: parse_chouti.parse_page(page(text)),
    "sources.chouti.parse.parse_official_feed": lambda text: parse_chouti.parse_official_feed(
        rss(text)
    ),
    "sources.feed.parse.load_document": lambda text: parse_feed.load_document(anew(rss(text))),
    "sources.feed.parse.outline_body": lambda text: parse_feed.outline_body(anew(rss(text))),
    "sources.feed.parse.read_entries": lambda text: parse_feed.read_entries(
        anew(dated_feed(text)), (0,)
    ),
    "sources.feed.parse.parse_body": lambda text: parse_feed.parse_body(anew(rss(text))),
    "sources.scrape.parse_json_list.parse": lambda text: parse_json_list.parse(
        json_of(text), "items", {"title": "title", "summary": "summary", "link": "url"}
    ),
    "sources.scrape.parse_page.parse": lambda text: parse_page.parse(
        page(f"<ul><li>{text}"), dict.fromkeys(["item", "title", "link", "summary", "image"], "li")
    ),
    "sources.fediverse.accounts.author_of": lambda text: accounts.author_of(status(text)),
    "sources.fediverse.accounts.profile_tags": lambda text: accounts.profile_tags(
        text, text, [{"value": text}]
    ),
    "sources.shared.plain_text.has_markup": plain_text.has_markup,
    "sources.shared.plain_text.from_html": plain_text.from_html,
    "sources.shared.plain_text.from_plain": plain_text.from_plain,
    "sources.shared.plain_text.from_escaped": plain_text.from_escaped,
    "sources.shared.plain_text.plain": plain_text.plain,
    "sources.shared.plain_text.plain_line": plain_text.plain_line,
    "sources.feed.outline.read_outline": lambda text: outline.read_outline(rss(text).octets),
    "sources.fediverse.statuses.read_all": lambda text: statuses.read_all(
        [status(text)], "card", NOW
    ),
    "sources.fediverse.statuses.read": lambda text: statuses.read(status(text), "status", NOW),
    "sources.fediverse.statuses.appeared_at": lambda text: statuses.appeared_at(status(text), NOW),
    "sources.fediverse.statuses.mime_type": lambda text: statuses.mime_type(URL + text, "image"),
    "core.mastodon_json.text": lambda text: mastodon_json.text(status(text), "content"),
    "core.mastodon_json.id_of": lambda text: mastodon_json.id_of(status(text)),
    "core.mastodon_json.instant": lambda text: mastodon_json.instant({"at": text}, "at"),
    "core.mastodon_json.addresses_of": lambda text: mastodon_json.addresses_of(status(text)),
    "core.mastodon_json.boosted": lambda text: mastodon_json.boosted(status(text)),
    "core.mastodon_json.original": lambda text: mastodon_json.original({"reblog": status(text)}),
    "core.mastodon_json.has_borrowed_id": lambda text: mastodon_json.has_borrowed_id(
        {"id": text, "reblog": {"id": text}}
    ),
    "core.mastodon_json.account_address": lambda text: mastodon_json.account_address(
        {"username": text, "url": URL + text}
    ),
    "sources.feed.header.base_of": lambda text: header.base_of(URL, text),
    "sources.feed.header.count_of": header.count_of,
    "sources.feed.header.language_of": lambda text: header.language_of({"language": text}),
    "sources.fediverse.timeline_cursor.mark_of": timeline_cursor.mark_of,
    "sources.shared.html.base_url": lambda text: html.base_url(
        LexborHTMLParser(f"<base href='{text}'>"), URL
    ),
    "sources.shared.messages.empty_body": lambda text: messages.empty_body(URL + text),
    "sources.shared.urls.printable_web_url": lambda text: urls.printable_web_url(URL + text),
    "sources.shared.urls.web_url": lambda text: urls.web_url(URL, text),
    "sources.shared.urls.json_link": lambda text: urls.json_link(URL, text),
    "sources.shared.urls.absolute": lambda text: urls.absolute(URL, text),
    "sources.shared.urls.is_web_url": urls.is_web_url,
    "sources.feed.xml_repair.repair": lambda text: xml_repair.repair(f"<rss><item></item>{text}"),
    "sources.feed.raw_xml.relative_guids": lambda text: raw_xml.relative_guids(text, URL),
    "sources.feed.raw_xml.non_permalink_guids": raw_xml.non_permalink_guids,
    "sources.feed.raw_xml.media_groups": lambda text: raw_xml.media_groups(f"<media:group {text}"),
    "sources.feed.raw_xml.media_alts": lambda text: raw_xml.media_alts(f"<media:content {text}"),
    "steps.chat_answer.read_answer": lambda text: chat_answer.read_answer(
        chat_answer_of(json.dumps({"choices": [{"message": {"content": text}}], "model": text})),
        NOW,
        "s" * 40,
    ),
    "steps.chat_answer.status_error": lambda text: chat_answer.status_error(
        chat_answer_of(text), 429, NOW, "s" * 40
    ),
    "steps.chat_answer.refused_parameter": lambda text: chat_answer.refused_parameter(
        chat_answer_of(text, 400)
    ),
    "steps.chat_answer.service_words": lambda text: chat_answer.service_words(
        chat_answer_of(text, 302), 302, "s" * 40
    ),
    "targets.mastodon.responses.classify": lambda text: responses.classify(answer(text), "create"),
    "targets.mastodon.responses.good_answer": lambda text: responses.good_answer(
        answer(text), "create", where="here", now=NOW, secret="s" * 40
    ),
    "targets.mastodon.responses.error_message": lambda text: responses.error_message(
        "rejected", answer(text), "here"
    ),
    "targets.shared.answers.words_of": lambda text: answers.words_of(answer(text), "s" * 40),
    "targets.shared.answers.host_of": answers.host_of,
    "targets.mastodon.limits.limits": lambda text: limits.limits(
        {"max_toot_chars": text, "uri": text}
    ),
    "targets.mastodon.limits.markup": lambda text: limits.markup({"version": text}),
    "targets.mastodon.limits.is_mastodon": lambda text: limits.is_mastodon({"version": text}),
    "targets.shared.rate_limit.ends_at": lambda text: rate_limit.ends_at(
        dict.fromkeys(["retry-after", "ratelimit", "x-ratelimit-reset", "date"], text), NOW
    ),
    "targets.mastodon.entities.published_status": lambda text: entities.published_status(
        status(text)
    ),
    "targets.mastodon.entities.entity": lambda text: entities.entity(status(text), "card"),
    "targets.mastodon.entities.entities": lambda text: entities.entities([text, status(text)]),
    "targets.mastodon.entities.may_quote": lambda text: entities.may_quote(
        {"quote_approval": {"current_user": text}}
    ),
    "targets.mastodon.entities.receipt": lambda text: entities.receipt(status(text)),
    "targets.mastodon.entities.web_pages_of": lambda text: entities.web_pages_of(status(text)),
    "targets.shared.html_links.links_in": html_links.links_in,
    "targets.mastodon.entities.last_id": lambda text: entities.last_id([status(text)] * 3),
    "targets.wordpress.content.title_html": content.title_html,
    "targets.wordpress.content.content_html": lambda text: content.content_html(
        Post("post", text=text, spoiler=text), ""
    ),
    "targets.wordpress.content.figures_html": lambda text: content.figures_html(
        [content.UploadedImage(1, text, text)]
    ),
    "targets.wordpress.content.figures_in": content.figures_in,
    "targets.wordpress.posts.published_post": lambda text: posts.published_post(blog_post(text)),
    "targets.wordpress.posts.receipt": lambda text: posts.receipt(blog_post(text)),
    "targets.wordpress.posts.raw": lambda text: posts.raw(blog_post(text), "content"),
    "targets.wordpress.responses.number": lambda text: blog_responses.number({"id": text}, "id"),
    "targets.wordpress.slugs.identity_in": slugs.identity_in,
    "web.addresses.is_public": addresses.is_public,
    "web.addresses.is_in": lambda text: addresses.is_in(text, [ip_network("10.0.0.0/8")]),
    "web.addresses.is_local_host": addresses.is_local_host,
    "web.addresses.is_address": addresses.is_address,
    "web.addresses.redacted_url": addresses.redacted_url,
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
    sources.chouti.page.records sources.feed.page_feeds.named_feeds media.page_images.metadata_of
    media.page_text.main_text media.page_text.read_page
    sources.chouti.parse.parse_json sources.chouti.parse.parse_page sources.scrape.parse_page.parse
    """.split()
)
"""Readers of whole pages by lexbor, which looks through all open elements for some tags.

What that costs is quadratic in the depth of a page and cannot be bounded here: pages are read in
the parser child alone, which has a deadline.
"""

NESTING = ("<div>", "<p>", "<li>", "<td>", "<tr>", "<pre>", "<svg>", "<a ", "<title>", "<item>")
"""Fragments that nest without end."""
