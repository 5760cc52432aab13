"""Posts on a real WordPress, as its visitors and editors see them."""

import secrets
from dataclasses import replace
from html import unescape

import pytest
import requests
from selectolax.lexbor import LexborHTMLParser

from faulty_proxy import FaultyProxy
from reblogbot.errors import Doubtful, Rejected, Unauthorised
from reblogbot.model import Article, Block, Image, Post, Span
from reblogbot.targets.wordpress.slugs import image_slug, post_slug, trashed_slug
from sample_images import png

pytestmark = pytest.mark.slow

LINK = "https://dig.example/link/1?a=1&b=2"
BODY = (
    Block("paragraph", (Span("Reblog via "), Span("抽屉新热榜", LINK))),
    Block("quotation", (Span("“A quotation”\nof two lines"),)),
)
POST = Post("post", article=Article("A title", BODY), link=LINK)


@pytest.fixture
def identity():
    return secrets.token_bytes(16)


@pytest.fixture
def make_user(wordpress, make_blog):
    """The target of a new user of the blog with this role."""

    def make(role="editor", **keys):
        user = wordpress.add_user(role)
        return make_blog(wordpress.url, user.name, user.password, **keys)

    return make


@pytest.fixture
def target(make_user):
    return make_user()


def stored(wordpress, receipt):
    return wordpress.api("GET", f"posts/{receipt.remote_id}", params={"context": "edit"})


def names(wordpress, taxonomy, ids):
    return sorted(unescape(wordpress.api("GET", f"{taxonomy}/{id_}")["name"]) for id_ in ids)


def test_a_post_without_a_title_has_the_form_of_the_blog_to_the_letter(
    wordpress, make_user, identity
):
    target = make_user(categories=("资讯", "Q & A"))
    wordpress.api("POST", "categories", json={"name": "q & a"})
    article = Article("Reblog of 抽屉新热榜:", BODY, ("科技", "AI & us"))
    receipt = target.publish(replace(POST, article=article), "key", identity=identity)
    post = stored(wordpress, receipt)
    assert post["title"]["raw"] == post["title"]["rendered"] == "Reblog of 抽屉新热榜:"
    assert (post["slug"], post["status"]) == (post_slug(identity), "publish")
    assert receipt.url == post["link"] == f"{wordpress.url}/{post_slug(identity)}/"
    assert names(wordpress, "categories", post["categories"]) == ["q & a", "资讯"]
    assert names(wordpress, "tags", post["tags"]) == ["AI & us", "科技"]
    shown = LexborHTMLParser(wordpress.page(receipt.url))
    assert shown.css_first("h1").text() == "Reblog of 抽屉新热榜:"
    assert shown.css_first(".entry-content a").attributes["href"] == LINK
    assert "“A quotation”" in shown.css_first(".entry-content blockquote").text()


def test_images_are_shown_with_their_descriptions_and_kept_by_an_edit(
    wordpress, make_user, identity
):
    # the HTML of an author is filtered, that of an editor is not
    for role, id_ in (("editor", identity), ("author", secrets.token_bytes(16))):
        target = make_user(role)
        images = [Image(png(), "image/png", 'a "cat" <b>[x]'), Image(png(4, 4), "image/png", "")]
        receipt = target.publish(POST, "key", identity=id_, images=images)
        assert receipt.left_out == 0
        first = stored(wordpress, receipt)
        media = wordpress.api("GET", f"media/{first['featured_media']}")
        assert media["alt_text"].startswith('a "cat" ')
        assert media["slug"] == image_slug(id_, 1)
        shown = LexborHTMLParser(wordpress.page(receipt.url)).css(".entry-content figure img")
        assert [image.attributes["alt"] for image in shown] == ['a "cat" <b>[x]', ""]
        edited = replace(
            POST, action="edit", uri=receipt.remote_id, article=Article("New", BODY[:1])
        )
        assert target.publish(edited, "key").remote_id == receipt.remote_id
        after = stored(wordpress, receipt)
        assert after["title"]["raw"] == "New"
        assert "quotation" not in after["content"]["raw"]
        assert (after["slug"], after["featured_media"]) == (first["slug"], first["featured_media"])
        figures = first["content"]["raw"].partition("<figure")[2]
        assert after["content"]["raw"].partition("<figure")[2] == figures
        assert target.retract(POST, receipt.remote_id) is True
        assert target.retract(POST, receipt.remote_id) is False
        assert wordpress.api("GET", "media", params={"search": id_.hex()}) == []


def test_images_of_an_attempt_that_failed_are_used_by_the_next(wordpress, make_blog, identity):
    user, image = wordpress.add_user(), Image(png(), "image/png", "a cat")
    with FaultyProxy(wordpress.url).running() as proxy:
        target = make_blog(proxy.url, user.name, user.password)
        proxy.fail("POST", "/posts", "500 before")
        with pytest.raises(Doubtful):
            target.publish(POST, "key", identity=identity, images=[image])
        receipt = target.publish(POST, "key", identity=identity, images=[image])
    assert receipt.left_out == 0
    (media,) = wordpress.api("GET", "media", params={"author": user.id})
    assert stored(wordpress, receipt)["featured_media"] == media["id"]


@pytest.mark.parametrize("change", [{"content": "<p>By hand</p>"}, {"status": "publish"}])
def test_an_edit_leaves_alone_what_an_editor_has_taken_over(wordpress, make_user, identity, change):
    target = make_user("author", status="draft")
    receipt = target.publish(POST, "key", identity=identity)
    edit = replace(POST, action="edit", uri=receipt.remote_id, article=Article("New", BODY))
    for _ in range(2):
        assert target.publish(edit, "key").remote_id == receipt.remote_id
    wordpress.api("POST", f"posts/{receipt.remote_id}", json=change | {"title": "By hand"})
    with pytest.raises(Rejected) as caught:
        target.publish(edit, "key")
    assert caught.value.slug == "edited_by_hand"
    assert stored(wordpress, receipt)["title"]["raw"] == "By hand"


@pytest.mark.parametrize("status", ["draft", "pending", "private"])
def test_what_visitors_do_not_see_counts_as_posted(wordpress, make_user, identity, status):
    target = make_user(status=status)
    receipt = target.publish(POST, "key", identity=identity)
    assert stored(wordpress, receipt)["status"] == status
    assert requests.get(receipt.url, timeout=60).status_code == 404
    assert target.publish(POST, "key", identity=identity) == receipt
    assert target.existing(POST, identity) == receipt
    assert [found.identity for found in target.recent()] == [identity]


def test_a_private_source_makes_a_private_post(wordpress, target, identity):
    receipt = target.publish(replace(POST, visibility="private"), "key", identity=identity)
    assert stored(wordpress, receipt)["status"] == "private"


def test_a_post_in_the_trash_is_neither_made_again_nor_edited(wordpress, target, identity):
    receipt = target.publish(POST, "key", identity=identity)
    trashed = wordpress.api("DELETE", f"posts/{receipt.remote_id}")
    assert trashed["slug"] == trashed_slug(post_slug(identity))
    with pytest.raises(Rejected) as caught:
        target.publish(POST, "key", identity=identity)
    assert caught.value.slug == "already_there"
    with pytest.raises(Rejected) as caught:
        target.publish(replace(POST, action="edit", uri=receipt.remote_id), "key")
    assert caught.value.slug == "edited_is_gone"
    assert target.existing(POST, identity) is None
    assert target.recent() == []
    assert target.retract(POST, receipt.remote_id) is False
    assert wordpress.posts(slug=trashed["slug"], status="trash") == []


def test_a_second_post_of_an_attempt_that_overlapped_is_deleted(wordpress, make_user, identity):
    target = make_user()
    site = target._site
    create, made = site.create, []

    def create_after_another(path, doing, **options):
        if path == "posts":
            made.append(create(path, doing, **options))
        return create(path, doing, **options)

    site.create = create_after_another
    receipt = target.publish(POST, "key", identity=identity)
    assert receipt.remote_id == str(made[0]["id"])
    slugs = [post_slug(identity), f"{post_slug(identity)}-2"]
    assert [post["id"] for post in wordpress.posts(slug=",".join(slugs))] == [made[0]["id"]]


def test_a_draft_of_an_editor_is_not_doubled_by_an_author(wordpress, make_user, identity):
    make_user("editor", status="draft").publish(POST, "key", identity=identity)
    with pytest.raises(Rejected) as caught:
        make_user("author").publish(POST, "key", identity=identity)
    assert caught.value.slug == "already_there"
    slugs = [post_slug(identity), f"{post_slug(identity)}-2"]
    assert len(wordpress.posts(slug=",".join(slugs))) == 1


def test_a_post_that_got_another_name_is_known_by_its_link(wordpress, target, identity):
    receipt = target.publish(POST, "key", identity=identity)
    wordpress.api("POST", f"posts/{receipt.remote_id}", json={"slug": f"pretty-{identity.hex()}"})
    (found,) = target.recent()
    assert (found.receipt.remote_id, found.identity, found.links) == (
        receipt.remote_id,
        b"",
        (LINK,),
    )


def test_each_role_may_do_what_it_may(wordpress, make_user, identity):
    assert make_user("author", categories=("Only for authors",)).verify().warnings
    for status in ("publish", "pending", "private"):
        with pytest.raises(Unauthorised, match="role of an author"):
            make_user("contributor", status=status).verify()
    with pytest.raises(Unauthorised):
        make_user("contributor").publish(POST, "key", identity=identity)
    with pytest.raises(Unauthorised):
        make_user("subscriber").publish(POST, "key", identity=identity)
    assert wordpress.posts(slug=post_slug(identity)) == []
    draft = make_user("contributor", status="draft", categories=("Only for contributors",))
    assert draft.verify().warnings
    receipt = draft.publish(POST, "key", identity=identity, images=[Image(png(), "image/png")])
    assert receipt.left_out == 1
    assert stored(wordpress, receipt)["status"] == "draft"


def test_a_wrong_password_is_refused_before_anything_is_made(wordpress, make_blog, identity):
    user = wordpress.add_user()
    for name, password in ((user.name, "wrong"), ("nobody-here", user.password)):
        target = make_blog(wordpress.url, name, password)
        for call in (target.verify, lambda t=target: t.publish(POST, "key", identity=identity)):
            with pytest.raises(Unauthorised):
                call()
    assert wordpress.posts(slug=post_slug(identity)) == []


def test_a_password_can_be_revoked(make_user):
    target = make_user()
    target.verify()
    target.revoke()
    with pytest.raises(Unauthorised) as caught:
        target.verify()
    assert caught.value.slug == "token_refused"


def test_a_blog_whose_api_is_behind_a_parameter_works_too(wordpress, make_blog, identity):
    user = wordpress.add_user()
    with FaultyProxy(wordpress.url).running() as proxy:
        proxy.fail("GET", "/wp-json/", "404")
        target = make_blog(proxy.url, user.name, user.password)
        receipt = target.publish(POST, "key", identity=identity)
        assert target.existing(POST, identity) == receipt
        assert target.retract(POST, receipt.remote_id) is True
    assert {path for _, path in proxy.requests} == {"/wp-json/", "/"}


HOSTILE = (
    '<script id="evil">alert(1)</script><img src=x onerror="alert(1)" class="evil">',
    '"><b class="evil">x</b>',
    "[caption class=evil]x[/caption] [audio src='https://x.example/evil.mp3']",
    "<!-- wp:html --><b class='evil'>x</b><!-- /wp:html -->",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "&lt;b class=evil&gt;x&lt;/b&gt;",
)


def test_no_text_becomes_an_element_of_the_page(wordpress, target):
    for text in HOSTILE:
        spans = (Span(text), Span(text, "https://a.example/"), Span("js", "javascript:alert(1)"))
        blocks = (
            *(Block("paragraph", (span,)) for span in spans),
            Block("heading", spans),
            Block("quotation", spans),
        )
        post = Post("post", spoiler=text, article=Article(text, blocks, (text,)))
        image = Image(png(), "image/png", text)
        receipt = target.publish(post, "key", identity=secrets.token_bytes(16), images=[image])
        for address in (receipt.url, f"{wordpress.url}/feed/"):
            page = wordpress.page(address)
            shown = LexborHTMLParser(page)
            assert shown.css('.evil, #evil, audio, iframe, [onerror], a[href^="javascript"]') == []
        content = LexborHTMLParser(wordpress.page(receipt.url)).css_first(".entry-content")
        tags = {node.tag for node in content.traverse() if node.tag and node.tag[0].isalpha()}
        assert tags <= {"div", "p", "strong", "a", "h2", "blockquote", "figure", "img", "br"}
