"""What is sent to a blog, and what each of its answers means."""

import base64
import socket
from dataclasses import replace
from datetime import timedelta

import pytest

from reblogbot.config.settings import AccountSettings
from reblogbot.config.tokens import read_token
from reblogbot.errors import (
    Doubtful,
    LeaseExpired,
    RateLimited,
    Rejected,
    Unauthorised,
    Unreachable,
)
from reblogbot.model import Article, Block, Image, Post, Receipt, Span
from reblogbot.runtime.clock import uptime
from reblogbot.targets.wordpress.content import (
    UploadedImage,
    content_html,
    figures_html,
    figures_in,
)
from sample_images import png
from scripted_server import message, page, raw, says

IDENTITY = bytes(range(16))
SLUG = f"r-{IDENTITY.hex()}"
API = "/wp-json/wp/v2"
POSTS = f"{API}/posts"
INDEX = {"name": "A blog", "namespaces": ["oembed/1.0", "wp/v2"]}
ARTICLE = Article("A title", (Block("paragraph", (Span("Some text"),)),), ("science",))
POST = Post("post", text="A title\nSome text", article=ARTICLE)
EDIT = replace(POST, action="edit", uri="42")
IMAGE = Image(png(), "image/png", "a cat")


def entity(id_=42, slug=SLUG, status="publish", **more):
    return {
        "id": id_,
        "slug": slug,
        "status": status,
        "link": f"https://b.example/?p={id_}",
        **more,
    }


def error(code, status, **data):
    return says(status, {"code": code, "message": "no", "data": {"status": status, **data}})


@pytest.fixture
def blog(server):
    """A blog without posts and terms, which accepts all that is sent."""
    server.on("GET", "/wp-json/", says(200, INDEX))
    server.on("GET", POSTS, says(200, []))
    server.on("POST", POSTS, says(201, entity()))
    server.on("GET", f"{API}/tags", says(200, []))
    server.on("POST", f"{API}/tags", says(201, {"id": 7, "name": "science"}))
    server.on("GET", f"{API}/media", says(200, []))
    return server


@pytest.fixture
def target(blog, make_blog):
    return make_blog(blog.url)


def publish(target, post=POST, **options):
    return target.publish(post, "key", identity=IDENTITY, **options)


def test_a_post_is_looked_for_by_its_name_and_then_made_under_it(blog, target):
    assert publish(target) == Receipt("42", "https://b.example/?p=42")
    (lookup, *_) = blog.asked("GET", POSTS)
    assert lookup.query["slug"] == f"{SLUG},{SLUG}__trashed"
    assert lookup.query["status"] == "publish,future,draft,pending,private,trash"
    assert lookup.query["context"] == "edit"
    (sent,) = blog.asked("POST", POSTS)
    assert sent.fields == {
        "slug": SLUG,
        "title": "A title",
        "content": "<p>Some text</p>\n",
        "status": "publish",
        "categories": [],
        "tags": [7],
    }
    pair = base64.b64decode(sent.headers["authorization"].removeprefix("Basic ")).decode()
    assert pair == "bot:abcdEFGHijklMNOPqrstUVWX"
    assert sent.headers["user-agent"] == "reblogbot/test"


def test_what_stands_there_is_not_made_again(blog, target):
    blog.on("GET", POSTS, says(200, [entity(9, status="draft")]))
    assert publish(target).remote_id == "9"
    assert blog.asked("POST", POSTS) == []


def test_a_post_in_the_trash_is_not_made_again(blog, target):
    blog.on("GET", POSTS, says(200, [entity(9, f"{SLUG}__trashed", "trash")]))
    with pytest.raises(Rejected, match="into the trash") as caught:
        publish(target)
    assert caught.value.slug == "already_there"
    assert blog.asked("POST", POSTS) == []


def test_a_second_post_is_deleted_and_the_first_is_the_receipt(blog, target):
    first, second = entity(41), entity(42, f"{SLUG}-2")
    blog.on("GET", POSTS, says(200, []), says(200, [second, first]))
    blog.on("POST", POSTS, says(201, second))
    blog.on("DELETE", f"{POSTS}/42", says(200, {"deleted": True}))
    assert publish(target).remote_id == "41"
    assert blog.asked("GET", POSTS)[1].query["slug"] == f"{SLUG},{SLUG}-2"
    (deleted,) = blog.asked("DELETE", f"{POSTS}/42")
    assert deleted.query == {"force": "true"}


def test_a_second_post_whose_first_is_hidden_is_deleted_and_not_made_again(blog, target):
    second = entity(42, f"{SLUG}-2")
    blog.on("GET", POSTS, says(200, []), says(200, [second]))
    blog.on("POST", POSTS, says(201, second))
    blog.on("DELETE", f"{POSTS}/42", says(200, {"deleted": True}))
    with pytest.raises(Rejected) as caught:
        publish(target)
    assert caught.value.slug == "already_there"
    assert len(blog.asked("DELETE", f"{POSTS}/42")) == 1


def test_a_post_that_a_plugin_has_named_is_the_receipt(blog, target):
    named = entity(42, "a-pretty-name")
    blog.on("GET", POSTS, says(200, []), says(200, [named]))
    blog.on("POST", POSTS, says(201, named))
    assert publish(target).remote_id == "42"


def test_a_failed_look_for_twins_does_not_undo_the_receipt(blog, target):
    blog.on("GET", POSTS, says(200, []), page(500))
    assert publish(target).remote_id == "42"


REPLIES = [
    (error("rest_invalid_param", 400), Rejected),
    (error("empty_content", 400), Rejected),
    (page(413), Rejected),
    (error("rest_cannot_create", 403), Unauthorised),
    (error("rest_not_logged_in", 401), Unauthorised),
    (page(403), Unauthorised),
    (error("rest_forbidden_status", 400), Unauthorised),
    (page(429), RateLimited),
    (error("rest_no_route", 404), Doubtful),
    (page(404), Doubtful),
    (error("db_insert_error", 500), Doubtful),
    (page(502), Doubtful),
    (page(200), Doubtful),
    (says(200), Doubtful),
    (says(201, {"id": "42"}), Doubtful),
    (says(201, {"id": True}), Doubtful),
    (says(302, None, {"Location": "/elsewhere"}), Doubtful),
    (raw(b""), Doubtful),
    (raw(b"", then="reset"), Doubtful),
    (raw(b'HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"id": 4'), Doubtful),
    (raw(message(200, b"PHP Warning: something\n" + b'{"id": 42}')), Doubtful),
]


@pytest.mark.parametrize(("reply", "error_class"), REPLIES)
def test_each_bad_answer_to_a_post_has_its_error_class(blog, target, reply, error_class):
    blog.on("POST", POSTS, reply)
    with pytest.raises(error_class) as caught:
        publish(target)
    assert type(caught.value) is error_class
    assert "abcdEFGH" not in caught.value.message
    assert caught.value.message.isprintable()
    assert len(blog.asked("POST", POSTS)) == 1


def test_no_list_in_answer_to_a_look_is_not_taken_for_an_empty_one(blog, target):
    for answer in (says(200, {}), says(200, [{"id": None}]), page(200)):
        blog.on("GET", POSTS, answer)
        with pytest.raises(Doubtful):
            publish(target)
        with pytest.raises(Doubtful):
            target.existing(POST, IDENTITY)
    assert blog.asked("POST", POSTS) == []


def test_nothing_is_sent_after_the_lease(blog, target):
    with pytest.raises(LeaseExpired):
        publish(target, lease_end=uptime() - 1)
    assert blog.seen == []


def test_a_closed_port_is_unreachable(make_blog):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unreachable):
        publish(make_blog(f"http://127.0.0.1:{port}"))


def test_429_waits_as_long_as_the_blog_says(blog, target, clock):
    blog.on("POST", POSTS, says(429, None, {"Retry-After": "1200"}))
    with pytest.raises(RateLimited) as caught:
        publish(target)
    assert caught.value.until == clock.now() + timedelta(minutes=20)


# where the API is


def test_a_blog_without_permalinks_has_its_api_behind_a_parameter(server, make_blog):
    server.on("GET", "/blog/wp-json/", page(404))
    server.on("GET", "/blog/", says(200, INDEX), says(200, [entity(9)]))
    assert make_blog(f"{server.url}/blog/").existing(POST, IDENTITY).remote_id == "9"
    assert [request.query.get("rest_route") for request in server.seen] == [
        None,
        "/",
        "/wp/v2/posts",
    ]
    assert server.seen[-1].query["slug"] == SLUG


@pytest.mark.parametrize("reply", [page(404), page(200), says(200, {"namespaces": ["x"]})])
def test_a_server_without_the_api_is_no_blog(server, make_blog, reply):
    server.on("GET", "/wp-json/", reply)
    server.on("GET", "/", reply)
    with pytest.raises(Unreachable, match="no WordPress API") as caught:
        publish(make_blog(server.url))
    assert caught.value.slug == "wrong_server"


@pytest.mark.parametrize(
    ("reply", "error_class"),
    [
        (page(503), Doubtful),
        (error("rest_forbidden", 401), Unauthorised),
        (says(301, None, {"Location": "https://other.example/wp-json/"}), Doubtful),
        (page(429), RateLimited),
    ],
)
def test_an_api_that_does_not_answer_now_is_looked_for_again(server, make_blog, reply, error_class):
    server.on("GET", "/wp-json/", reply, says(200, INDEX))
    server.on("GET", POSTS, says(200, [entity()]))
    target = make_blog(server.url)
    with pytest.raises(error_class):
        publish(target)
    assert publish(target).remote_id == "42"


# the user


def me(**capabilities):
    return {
        "id": 3,
        "username": "bot",
        "link": "https://b.example/author/bot",
        "capabilities": capabilities,
    }


def test_the_user_of_a_password_is_verified_with_what_he_may_do(blog, target):
    blog.on("GET", f"{API}/users/me", says(200, me(publish_posts=True, upload_files=True)))
    identity = target.verify()
    assert (identity.acct, identity.url) == ("bot", "https://b.example/author/bot")
    assert identity.warnings == ()


def test_a_user_who_may_not_publish_is_refused_unless_drafts_suffice(blog, make_blog):
    blog.on("GET", f"{API}/users/me", says(200, me(edit_posts=True)))
    with pytest.raises(Unauthorised, match="role of an author"):
        make_blog(blog.url).verify()
    draft = make_blog(blog.url, status="draft", categories=("News",)).verify()
    assert [warning.partition(":")[0] for warning in draft.warnings] == [
        "bot may not upload files",
        "bot may not make categories",
    ]


@pytest.mark.parametrize(
    "reply", [error("rest_not_logged_in", 401), error("incorrect_password", 403)]
)
def test_a_refused_password_is_told(blog, target, reply):
    blog.on("GET", f"{API}/users/me", reply)
    with pytest.raises(Unauthorised, match="application password") as caught:
        target.verify()
    assert caught.value.slug == "token_refused"


def test_a_password_is_read_as_wordpress_shows_it(tmp_path):
    file = tmp_path / "blog.token"
    file.write_text("abcd EFGH ijkl MNOP qrst UVWX\n")
    account = AccountSettings(
        name="blog", kind="wordpress", server="https://b.example", user="bot", token_file=file
    )
    assert read_token(account, {}) == "abcdEFGHijklMNOPqrstUVWX"


# terms


def test_terms_are_found_in_any_case_and_asked_for_once(blog, make_blog):
    target = make_blog(blog.url, categories=("News & more", "news & MORE"))
    blog.on("GET", f"{API}/categories", says(200, [{"id": 4, "name": "news &amp; More"}]))
    publish(target)
    publish(target)
    assert [sent.fields["categories"] for sent in blog.asked("POST", POSTS)] == [[4], [4]]
    (asked,) = blog.asked("GET", f"{API}/categories")
    assert asked.query["search"] == "News &amp; more"
    assert blog.asked("POST", f"{API}/categories") == []


def test_a_term_that_is_there_already_is_used(blog, target):
    blog.on("POST", f"{API}/tags", error("term_exists", 400, term_id=12))
    publish(target)
    assert blog.asked("POST", POSTS)[0].fields["tags"] == [12]


@pytest.mark.parametrize("reply", [error("rest_cannot_create", 403), page(500), says(200, {})])
def test_without_a_term_it_is_posted_all_the_same(blog, target, reply):
    blog.on("POST", f"{API}/tags", reply)
    assert publish(target).remote_id == "42"
    assert blog.asked("POST", POSTS)[0].fields["tags"] == []


def test_a_term_waits_with_its_post_for_a_blog_that_asks_for_it(blog, target):
    blog.on("GET", f"{API}/tags", page(429))
    with pytest.raises(RateLimited):
        publish(target)
    assert blog.asked("POST", POSTS) == []


# images


def test_an_image_is_uploaded_under_a_name_of_the_identity_and_shown(blog, target):
    blog.on("POST", f"{API}/media", says(201, {"id": 8, "source_url": "https://b.example/m.png"}))
    assert publish(target, images=[IMAGE]).left_out == 0
    (sent,) = blog.asked("POST", POSTS)
    assert sent.fields["featured_media"] == 8
    assert sent.fields["content"].endswith(
        '<figure class="wp-block-image"><img class="wp-image-8" src="https://b.example/m.png" '
        'alt="a cat" /></figure>\n'
    )


def test_an_image_of_an_earlier_attempt_is_not_uploaded_again(blog, target):
    slug = f"m-{IDENTITY.hex()}-1"
    blog.on(
        "GET",
        f"{API}/media",
        says(200, [{"id": 8, "slug": slug, "source_url": "https://b.example/m"}]),
    )
    assert publish(target, images=[IMAGE]).left_out == 0
    assert blog.asked("POST", f"{API}/media") == []


@pytest.mark.parametrize("reply", [page(500), error("rest_upload_unknown_error", 500), page(413)])
def test_an_image_that_is_not_taken_is_left_out(blog, target, reply):
    blog.on("POST", f"{API}/media", reply)
    assert publish(target, images=[IMAGE]).left_out == 1
    assert "featured_media" not in blog.asked("POST", POSTS)[0].fields


def test_a_drawing_that_may_be_a_program_is_never_sent(blog, target):
    assert publish(target, images=[Image(b"<svg/>", "image/svg+xml")]).left_out == 1
    assert blog.asked("POST", f"{API}/media") == []


# edits and retractions

FIGURE = figures_html([UploadedImage(8, "https://b.example/m.png", 'a "cat"')])


@pytest.mark.parametrize(
    "revisions", [says(200, [{"author": 3}]), says(200, []), error("rest_no_route", 404)]
)
def test_an_edit_keeps_images_status_and_name(blog, target, revisions):
    stored = entity(content={"raw": f"<p>Old</p>\n{FIGURE}"})
    blog.on("GET", f"{POSTS}/42", says(200, stored))
    blog.on("POST", f"{POSTS}/42", says(200, entity()))
    blog.on("GET", f"{POSTS}/42/revisions", revisions)
    blog.on("GET", f"{API}/users/me", says(200, me(publish_posts=True)))
    assert target.publish(EDIT, "key").remote_id == "42"
    (sent,) = blog.asked("POST", f"{POSTS}/42")
    assert sent.fields == {"title": "A title", "content": f"<p>Some text</p>\n{FIGURE}"}


@pytest.mark.parametrize(
    "reply", [error("rest_post_invalid_id", 404), says(200, entity(status="trash"))]
)
def test_an_edit_of_what_is_gone_is_final(blog, target, reply):
    blog.on("GET", f"{POSTS}/42", reply)
    with pytest.raises(Rejected) as caught:
        target.publish(EDIT, "key")
    assert caught.value.slug == "edited_is_gone"
    assert blog.asked("POST", f"{POSTS}/42") == []


def test_an_edit_does_not_undo_what_another_user_has_written(blog, target):
    blog.on("GET", f"{POSTS}/42", says(200, entity()))
    blog.on("GET", f"{POSTS}/42/revisions", says(200, [{"author": 4}]))
    blog.on("GET", f"{API}/users/me", says(200, me(publish_posts=True)))
    with pytest.raises(Rejected) as caught:
        target.publish(EDIT, "key")
    assert caught.value.slug == "edited_by_hand"
    assert blog.asked("POST", f"{POSTS}/42") == []


def test_a_retraction_deletes_the_images_and_then_the_post(blog, target):
    blog.on("GET", f"{POSTS}/42", says(200, entity()))
    image = {"id": 8, "slug": f"m-{IDENTITY.hex()}-1", "source_url": "https://b.example/m"}
    other = {"id": 9, "slug": "holiday", "source_url": "https://b.example/h"}
    blog.on("GET", f"{API}/media", says(200, [image, other]))
    for path in (f"{API}/media/8", f"{POSTS}/42"):
        blog.on("DELETE", path, says(200, {"deleted": True}))
    assert target.retract(POST, "42") is True
    deletions = [request.path for request in blog.seen if request.method == "DELETE"]
    assert deletions == [f"{API}/media/8", f"{POSTS}/42"]


@pytest.mark.parametrize("reply", [error("rest_post_invalid_id", 404), error("gone", 410)])
def test_what_is_gone_counts_as_deleted(blog, target, reply):
    blog.on("GET", f"{POSTS}/42", reply)
    assert target.retract(POST, "42") is False


def test_what_is_in_the_trash_was_gone_already(blog, target):
    blog.on("GET", f"{POSTS}/42", says(200, entity(slug=f"{SLUG}__trashed", status="trash")))
    blog.on("DELETE", f"{POSTS}/42", says(200, {"deleted": True}))
    assert target.retract(POST, "42") is False


@pytest.mark.parametrize(
    ("reply", "error_class"),
    [
        (page(200), Doubtful),
        (page(500), Doubtful),
        (page(429), RateLimited),
        (error("rest_cannot_delete", 403), Unauthorised),
        (error("rest_trash_not_supported", 501), Rejected),
    ],
)
def test_other_answers_to_a_deletion_are_errors(blog, target, reply, error_class):
    blog.on("GET", f"{POSTS}/42", says(200, entity()))
    blog.on("DELETE", f"{POSTS}/42", reply)
    with pytest.raises(error_class):
        target.retract(POST, "42")


def test_a_post_whose_id_is_not_known_is_not_deleted(blog, target):
    with pytest.raises(Rejected) as caught:
        target.retract(POST, "")
    assert caught.value.slug == "not_retracted"
    assert blog.seen == []


@pytest.mark.parametrize("action", ["boost", "quote"])
def test_a_blog_makes_no_boosts(blog, target, action):
    with pytest.raises(Rejected):
        publish(target, replace(POST, action=action))
    assert target.status(POST) is None
    assert blog.seen == []


# the HTML

HOSTILE = (
    '<script>alert(1)</script><b onclick="x">',
    '" onmouseover="x" \' & &lt;i&gt;',
    "[gallery ids=1] [embed]x[/embed]",
    "https://video.example/embed-me",
    "<!-- wp:html --><!--more-->",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_stay_texts(text):
    article = Article(
        text, (Block("paragraph", (Span(text), Span(text, "https://a.example/?b=1&c"))),)
    )
    post = Post("post", spoiler=text, article=article)
    html = content_html(post, figures_html([UploadedImage(1, "https://b.example/m", text)]))
    assert "<script" not in html
    assert "<!--" not in html
    assert "[" not in html
    assert ">https://video" not in html
    assert html.count("<") == html.count(">") == 11
    assert figures_in(html) == html[html.index("<figure") :]


def test_a_post_without_an_article_has_its_first_line_as_title():
    post = Post(
        "post", text="A title\nWhat it says\nhttps://a.example/1", link="https://a.example/1"
    )
    assert content_html(post, "") == (
        '<p>What it says<br><a href="https://a.example/1" rel="nofollow noopener">'
        "https&#58;//a.example/1</a></p>\n"
    )
