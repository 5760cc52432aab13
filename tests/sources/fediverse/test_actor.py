"""The kind `actor`: an outbox read by ActivityPub, from correct servers and faulty ones."""

import asyncio
import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from fediverse_world import Ticking, here, world

from reblogbot.config.settings import SourceSettings
from reblogbot.core.filters import refusal
from reblogbot.errors import SourceError, Unreachable
from reblogbot.model import Validators
from reblogbot.ports import Response, Tools
from reblogbot.sources.fediverse import actor_source
from reblogbot.sources.registry import factory

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
HOME = "https://b.example"
ANN = f"{HOME}/ann"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Web:
    """Servers of the web: by URL a dict that is served as JSON, or an error that is raised."""

    def __init__(self, **pages):
        self.pages = {}
        self.asked = []
        self.clock = Ticking(NOW)
        self.person()
        self.outbox()

    def person(self, url=ANN, username="ann", **facts):
        self.pages[url] = {
            "id": url,
            "type": "Person",
            "preferredUsername": username,
            "outbox": f"{url}/outbox",
            **facts,
        }

    def outbox(self, *acts, url=f"{ANN}/outbox", **facts):
        shape = {"id": url, "type": "OrderedCollection", "orderedItems": list(acts)}
        self.pages[url] = {**shape, **facts}

    async def fetch(self, url, *, headers=None, accept="", proxy=""):
        self.asked.append((url, dict(headers or {}), accept))
        page = self.pages.get(url, SourceError("http_status", f"{url}: answered 404"))
        if isinstance(page, SourceError):
            raise page
        body = page if isinstance(page, bytes) else json.dumps(page).encode()
        return Response(200, url, {"cache-control": "max-age=600"}, body)

    def reader(self, name):
        raise Unreachable("unreachable", "nobody is asked here")

    def source(self, **keys):
        return Follower(self, keys or {"url": ANN})

    def urls(self):
        return [url for url, _, _ in self.asked]


class Follower:
    def __init__(self, web, keys):
        kind = factory("actor")
        own = {key: keys[key] for key in ("acct", "url") if key in keys}
        rest = {key: value for key, value in keys.items() if key != "acct"}
        given = {"name": "s", "kind": "actor", "to": ["news"], **rest}
        self.settings = SourceSettings.model_validate(
            {**given, "options": kind.Options.model_validate(own)}
        )
        self._tools = Tools(fetch=web.fetch, offload=here, clock=web.clock, reader=web.reader)
        self.known = Validators()

    def poll(self):
        batch = asyncio.run(factory("actor")("s", self.settings, self._tools).poll(self.known))
        self.known = batch.validators
        return batch

    def entries(self):
        return self.poll().entries

    def why(self):
        return {entry.uri: refusal(entry, self.settings, NOW) for entry in self.poll().entries}


def note_json(number=1, host=HOME, kind="Note", **facts):
    return {
        "id": f"{host}/notes/{number}",
        "type": kind,
        "content": f"<p>words {number}</p>",
        "attributedTo": f"{host}/ann",
        "to": [PUBLIC],
        "published": "2026-02-28T10:00:00Z",
        **facts,
    }


def create(inner, **facts):
    name = inner["id"] if isinstance(inner, dict) else inner
    return {"id": f"{name}/act", "type": "Create", "actor": ANN, "object": inner, **facts}


def announce(of, number=1, **facts):
    at = {"published": "2026-02-28T11:00:00Z"}
    return {"id": f"{ANN}/boosts/{number}", "type": "Announce", "object": of, **at, **facts}


@pytest.fixture
def web():
    return Web()


def entry_of(web, inner, **facts):
    web.outbox(create(inner, **facts))
    (entry,) = web.source().entries()
    return entry


# finding the actor


def test_an_actor_is_read_from_the_sandbox_by_acct_and_by_url():
    with world() as server:
        status = server.sandbox.add_status("pen", "你好", language="zh", spoiler="小心")
        for keys in (
            {"acct": f"@pen@{server.host}"},
            {"url": f"{server.sandbox.url}/users/pen"},
        ):
            (entry,) = server.source("actor", **keys).poll().entries
            assert (entry.uri, entry.link) == (status["uri"], status["url"])
            assert (entry.summary, entry.spoiler, entry.language) == ("你好", "小心", "zh")
            assert entry.authors == ("pen",)


def test_webfinger_is_https_and_asked_once(web):
    finger = f"{HOME}/.well-known/webfinger?resource=acct%3Aann%40b.example"
    link = {"rel": "self", "type": "application/activity+json", "href": ANN}
    web.pages[finger] = {"links": [{"rel": "self", "type": "text/html", "href": "x"}, link]}
    web.outbox(create(note_json()))
    follower = web.source(acct="@ann@b.example")
    assert len(follower.entries()) == len(follower.entries()) == 1
    assert web.urls() == [finger, ANN, f"{ANN}/outbox", ANN, f"{ANN}/outbox"]
    # An actor that has another id now is found by its acct.
    del web.pages[ANN]
    web.person(f"{HOME}/anna", outbox=f"{ANN}/outbox")
    link["href"] = f"{HOME}/anna"
    assert len(follower.entries()) == 1


@pytest.mark.parametrize(
    "page",
    [
        b"<html>profile</html>",
        {"id": ANN, "type": "Note"},
        {"id": "https://other.example/ann", "outbox": f"{HOME}/outbox"},
        {"id": ANN, "outbox": "javascript:alert(1)"},
        [],
    ],
)
def test_a_document_that_is_no_actor_is_an_error(web, page):
    web.pages[ANN] = page
    with pytest.raises(SourceError) as caught:
        web.source().poll()
    assert caught.value.slug in {"not_json", "not_activitypub"}
    assert caught.value.outcome == "failed"


def test_the_outcome_of_a_failed_fetch_is_kept(web):
    later = SourceError("retry_later", "busy", outcome="retry_later", retry_at=NOW)
    web.pages[ANN] = later
    with pytest.raises(SourceError) as caught:
        web.source().poll()
    assert (caught.value.outcome, caught.value.retry_at) == ("retry_later", NOW)


def test_headers_of_the_config_go_to_the_source_s_own_server_alone(web):
    web.pages["https://far.example/notes/1"] = note_json(host="https://far.example")
    web.person("https://far.example/ann")
    web.outbox(announce("https://far.example/notes/1"))
    web.source(url=ANN, headers={"Authorization": "secret"}).poll()
    sent = {urlsplit(url).netloc: headers for url, headers, _ in web.asked}
    assert sent == {"b.example": {"Authorization": "secret"}, "far.example": {}}
    assert all("activity+json" in accept for _, _, accept in web.asked)


# pages


@pytest.mark.parametrize("is_inline", [True, False])
def test_the_pages_of_an_outbox_are_embedded_or_linked(web, is_inline):
    first = {"type": "OrderedCollectionPage", "orderedItems": [create(note_json(1))], "next": "x"}
    first["next"] = {"id": f"{HOME}/2"}
    web.pages[f"{HOME}/1"] = first
    web.pages[f"{HOME}/2"] = {"type": "CollectionPage", "items": create(note_json(2))}
    web.pages[f"{ANN}/outbox"] = {
        "type": "OrderedCollection",
        "first": first if is_inline else f"{HOME}/1",
    }
    follower = web.source()
    assert [entry.summary for entry in follower.entries()] == ["words 1", "words 2"]
    web.asked.clear()
    follower.poll()
    assert f"{HOME}/2" not in web.urls()


def test_pages_that_lead_in_a_circle_end(web):
    web.outbox(create(note_json(1)), next=f"{ANN}/outbox")
    assert len(web.source().entries()) == 1


def test_the_freshness_of_the_outbox_is_kept(web):
    assert web.source().poll().fresh_for.total_seconds() == 600


# objects


@pytest.mark.parametrize(
    ("to", "cc", "visibility"),
    [
        ([PUBLIC], [], "public"),
        ("as:Public", None, "public"),
        ({"id": "Public"}, [], "public"),
        ([f"{ANN}/followers"], [PUBLIC], "unlisted"),
        ([f"{ANN}/followers"], [], "private"),
        ([], [], "private"),
    ],
)
def test_an_object_is_public_only_when_addressed_to_the_public(web, to, cc, visibility):
    entry = entry_of(web, note_json(to=to, cc=cc))
    assert entry.visibility == visibility


def test_an_object_without_audience_has_that_of_its_activity(web):
    inner = note_json()
    del inner["to"]
    assert entry_of(web, inner, to=PUBLIC).visibility == "public"


def test_an_article_has_a_title_and_an_excerpt_a_note_a_warning(web):
    article = note_json(kind="Article", name="On &amp; on", summary="<p>in short</p>")
    entry = entry_of(web, article)
    assert (entry.title, entry.summary, entry.spoiler) == ("On & on", "in short", "")
    note = entry_of(web, note_json(summary="careful", sensitive=True))
    assert (note.title, note.summary, note.spoiler) == ("", "words 1", "careful")


def test_a_video_has_its_page_its_image_and_its_person(web):
    web.person(f"{HOME}/bo", "bo", name="Bo")
    video = note_json(
        kind="Video",
        name="A film",
        url=[
            {"type": "Link", "mediaType": "video/mp4", "href": f"{HOME}/film.mp4"},
            {"type": "Link", "mediaType": "text/html", "href": f"{HOME}/w/1"},
        ],
        attributedTo=[{"type": "Group", "id": f"{HOME}/c"}, {"type": "Person", "id": f"{HOME}/bo"}],
        image={"type": "Image", "mediaType": "image/jpeg", "url": f"{HOME}/1.jpg"},
    )
    entry = entry_of(web, video)
    assert (entry.title, entry.link, entry.authors) == ("A film", f"{HOME}/w/1", ("Bo",))
    assert [(media.url, media.mime) for media in entry.media] == [(f"{HOME}/1.jpg", "image/jpeg")]


def test_language_hashtags_and_images_are_kept(web):
    picture = {"type": "Document", "mediaType": "image/png", "url": f"{HOME}/1.png", "name": "dots"}
    entry = entry_of(
        web,
        note_json(
            content=None,
            contentMap={"zh": "<p>你好</p>"},
            tag=[{"type": "Hashtag", "name": "#科技"}, {"type": "Mention", "name": "@x"}],
            attachment=picture,
            updated="2026-02-28T12:00:00Z",
        ),
    )
    assert (entry.language, entry.summary, entry.categories) == ("zh", "你好", ("科技",))
    assert entry.media[0].alt == "dots"
    assert entry.updated_at > entry.published_at


def test_a_reply_is_recognised(web):
    assert entry_of(web, note_json(inReplyTo=f"{HOME}/notes/0")).is_reply


def test_other_activities_and_odd_values_are_skipped(web):
    web.outbox(
        {"id": f"{HOME}/1", "type": "Like", "object": f"{HOME}/notes/1"},
        {"id": f"{HOME}/2", "type": "Announce", "object": {"type": "Delete", "id": f"{HOME}/3"}},
        {"id": f"{HOME}/4", "type": "Create", "object": {**note_json(), "type": "Tombstone"}},
        None,
        5,
        [],
        create(note_json(9)),
    )
    assert [entry.uri for entry in web.source().entries()] == [f"{HOME}/notes/9"]


def test_a_bare_object_counts_as_published(web):
    web.outbox(note_json(3))
    assert [entry.summary for entry in web.source().entries()] == ["words 3"]


def test_an_object_given_by_its_id_is_fetched(web):
    web.outbox(create(f"{HOME}/notes/1"))
    web.pages[f"{HOME}/notes/1"] = note_json()
    assert [entry.summary for entry in web.source().entries()] == ["words 1"]


# objects of others

FAR = "https://far.example"


def boosted(web, number=1, host=FAR, **facts):
    web.pages[f"{host}/notes/{number}"] = note_json(number, host, **facts)
    web.person(f"{host}/ann", "far", name="Far")
    return announce(f"{host}/notes/{number}", number)


def test_a_boost_is_fetched_from_its_own_server_once_and_dated_when_it_was_boosted(web):
    web.outbox(boosted(web))
    follower = web.source()
    (entry,) = follower.entries()
    assert (entry.uri, entry.authors) == (f"{FAR}/notes/1", ("Far",))
    assert entry.published_at == datetime(2026, 2, 28, 11, tzinfo=UTC)
    web.asked.clear()
    follower.poll()
    assert not any(FAR in url for url in web.urls())


@pytest.mark.parametrize("wrap", [create, announce])
def test_an_embedded_object_of_another_server_is_not_trusted(web, wrap):
    web.outbox(wrap(note_json(host=FAR, content="forged")))
    boosted(web)
    (entry,) = web.source().entries()
    assert (entry.uri, entry.summary) == (f"{FAR}/notes/1", "words 1")


def test_a_fetched_object_with_an_id_of_another_server_is_left_out(web):
    web.outbox(announce(f"{HOME}/trap"))
    web.pages[f"{HOME}/trap"] = note_json(host=FAR)
    assert web.source().entries() == ()


def test_a_group_that_boosts_a_create_activity_boosts_its_object(web):
    web.outbox(announce(create(note_json(host=FAR, kind="Page", name="forged"))))
    boosted(web, kind="Page", name="A page")
    assert [entry.title for entry in web.source().entries()] == ["A page"]


NOBOT = "opt_outs: its author's profile says #nobot"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"summary": "<p>no <a>#<span>nobot</span></a></p>"}, NOBOT),
        ({"attachment": [{"type": "PropertyValue", "name": "x", "value": "#nobots"}]}, NOBOT),
        ({"tag": [{"type": "Hashtag", "name": "#NoBot", "href": "https://x/"}]}, NOBOT),
        ({"discoverable": False, "indexable": False}, ""),
        ({"movedTo": f"{FAR}/new"}, "forbidden: its author has moved to another account"),
        ({"suspended": True}, "forbidden: its author is suspended"),
        ({"discoverable": None}, ""),
    ],
)
def test_the_profile_of_the_author_decides_whether_an_entry_is_refused(web, facts, reason):
    web.outbox(boosted(web))
    web.person(f"{FAR}/ann", "far", **facts)
    assert web.source().why() == {f"{FAR}/notes/1": reason}
    web.outbox(create(note_json()))
    web.person(**facts)
    assert web.source().why() == {f"{HOME}/notes/1": reason}


def test_the_entry_of_an_author_without_a_profile_is_refused(web):
    web.outbox(boosted(web))
    del web.pages[f"{FAR}/ann"]
    (reason,) = web.source().why().values()
    assert reason == "forbidden: its author's profile cannot be read"


@pytest.mark.parametrize(
    ("kind", "is_bot"), [("Service", True), ("Application", True), ("Person", False), (None, False)]
)
def test_an_automated_actor_is_a_bot(web, kind, is_bot):
    web.outbox(create(note_json()))
    web.person(type=kind)
    (entry,) = web.source().entries()
    assert entry.author.is_bot is is_bot


def test_an_unreachable_object_is_read_later_and_a_deleted_one_is_not(web):
    web.outbox(boosted(web, 1), boosted(web, 2), announce(f"{FAR}/notes/3", 3))
    down = SourceError("timeout", "no answer")
    there, web.pages[f"{FAR}/notes/2"] = web.pages[f"{FAR}/notes/2"], down
    follower = web.source()
    # The oldest comes first and is deleted; the second fails, so its server is not asked further.
    assert follower.entries() == ()
    assert f"{FAR}/notes/1" not in web.urls()
    web.pages[f"{FAR}/notes/2"] = there
    web.asked.clear()
    assert [entry.uri for entry in follower.entries()] == [f"{FAR}/notes/1", f"{FAR}/notes/2"]
    assert f"{FAR}/notes/3" not in web.urls()


def test_an_entry_waits_while_the_server_of_its_author_is_down(web):
    web.outbox(boosted(web))
    there, web.pages[f"{FAR}/ann"] = web.pages[f"{FAR}/ann"], SourceError("timeout", "no answer")
    follower = web.source()
    assert follower.entries() == ()
    web.pages[f"{FAR}/ann"] = there
    assert len(follower.entries()) == 1


def test_one_poll_fetches_a_bounded_number_of_objects_and_the_next_goes_on(web):
    count = actor_source.MAX_OBJECTS + 7
    web.outbox(*(boosted(web, number) for number in range(count)))
    follower = web.source()
    uris = [entry.uri for entry in follower.entries()]
    assert len(uris) == actor_source.MAX_OBJECTS
    uris += [entry.uri for entry in follower.entries()]
    assert len(set(uris)) == len(uris) == count
    assert follower.entries() == ()


@pytest.mark.parametrize("page", [{}, {"first": {"type": "OrderedCollectionPage"}}])
def test_an_outbox_that_hides_its_posts_is_an_error(web, page):
    web.pages[f"{ANN}/outbox"] = {"type": "OrderedCollection", "totalItems": 48, **page}
    with pytest.raises(SourceError) as caught:
        web.source().poll()
    assert caught.value.slug == "outbox_hidden"
    assert "48" in caught.value.message
    assert "via" in caught.value.message


def test_an_outbox_with_likes_alone_is_no_error(web):
    web.outbox({"type": "Like", "object": f"{HOME}/notes/1"}, totalItems=1)
    assert list(web.source().entries()) == []


def test_an_empty_outbox_is_no_error(web):
    web.pages[f"{ANN}/outbox"] = {"type": "OrderedCollection", "totalItems": 0}
    assert list(web.source().entries()) == []
