"""The files of posts: their front matter is read by every parser as it was meant."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
import yaml
from files_folder import IDENTITY, article, folder_target
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.core.article_markup import on_one_line
from reblogbot.model import Article, Block, Image, Span
from reblogbot.targets.files.documents import (
    Page,
    content_of,
    image_lines,
    is_unchanged,
    published_at,
)

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TRAPS = [
    "no", "null", "~", "2026-11-22", "12:30:45", "1e3", "0x1f", ": ", "a: b", "# x", "a # b", "- a", "? a", "[a]", "{a}",
    "&a", "*a", "!a", "|", ">", "%a", "@a", "`a`", '"', "'", "\\", '\\"', "\\u0041", "---", "+++", "...", "😀", "国",
    "\x85", "\u2028", "\u2029", "\ufeff", "\x00", "\x07", "\x7f", "\x9f", "\ud800", "\udfff", "\ufffe", "\uffff", "\n",
    "\r\n", "\t", " x ", "{{ x }}", "{% x %}", "</title>", "<!--", "0" * 32, 'reblogbot: "', "\xa0",
]  # fmt: skip
texts = st.lists(st.sampled_from(TRAPS) | st.text(max_size=4), max_size=6).map("".join)
pages = st.builds(
    Page,
    article=st.builds(
        Article,
        texts,
        st.lists(
            st.builds(Block, st.just("paragraph"), st.tuples(st.builds(Span, texts))), max_size=2
        ).map(tuple),
        st.lists(texts, max_size=3).map(tuple),
    ),
    published_at=st.just(AT),
    edited_at=st.sampled_from([None, AT]),
    link=st.sampled_from(["", "https://x.example/?a=1&b=#c"]),
    language=st.sampled_from(["", "no", "zh-Hans"]),
    warning=texts,
    categories=st.lists(texts, max_size=2).map(tuple),
    is_draft=st.booleans(),
    image_lines=st.just(()),
)


def front_matter(content: bytes, format_: str):
    fence = {"yaml": "---", "toml": "+++"}[format_]
    opening, header, _ = re.split(rf"(?m)^{re.escape(fence)}\n", content.decode(), maxsplit=2)
    assert opening == ""
    return yaml.safe_load(header) if format_ == "yaml" else tomllib.loads(header)


def lines(values):
    return [line for value in values if (line := on_one_line(value))]


@pytest.mark.parametrize("format_", ["yaml", "toml"])
@given(page=pages)
@settings(max_examples=100, deadline=None)
def test_front_matter_says_what_was_meant(format_, page):
    content = content_of(page, "markdown", format_)
    fields = front_matter(content, format_)
    # YAML 1.2 §5.2 forbids the mark within a text, though PyYAML reads it
    assert "\ufeff" not in content.decode().partition("\nreblogbot")[0]
    title = on_one_line(page.article.title) or "2026-11-22 09:30"
    assert fields["title"] == title
    assert fields["date"] == AT
    assert fields.get("lastmod") == page.edited_at
    assert fields.get("tags", []) == lines(page.article.tags)
    assert fields.get("categories", []) == lines(page.categories)
    assert fields.get("link", "") == page.link
    assert fields.get("language", "") == page.language
    assert fields.get("content_warning", "") == on_one_line(page.warning)
    assert fields.get("draft", False) is page.is_draft
    assert fields.get("published", True) is not page.is_draft
    if format_ == "toml":
        taxonomies = fields.get("taxonomies", {})
        assert taxonomies.get("tags", []) == lines(page.article.tags)
        assert taxonomies.get("categories", []) == lines(page.categories)


@pytest.mark.parametrize("format_", ["markdown", "html"])
@given(page=pages, place=st.integers(0))
@settings(max_examples=60, deadline=None)
def test_any_change_of_a_file_is_noticed(format_, page, place):
    content = content_of(page, format_, "yaml")
    assert is_unchanged(content)
    assert published_at(content) == AT
    assert image_lines(content, format_) == ()
    place %= len(content)
    changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    assert not is_unchanged(changed)
    assert not is_unchanged(content + b"\n")


class Heads(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements, self.title, self.inside = [], "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.inside = tag

    def handle_data(self, data):
        if self.inside == "title":
            self.title += data.removesuffix("\n")


@given(page=pages)
@settings(max_examples=60, deadline=None)
def test_an_html_page_has_no_element_but_ours(page):
    heads = Heads(content_of(page, "html", "yaml").decode())
    assert heads.title.startswith(on_one_line(page.article.title))
    assert set(heads.elements) <= {
        "html", "head", "meta", "title", "body", "article", "h1", "p", "strong", "br", "blockquote"
    }  # fmt: skip


def test_a_whole_file_of_markdown(tmp_path):
    target = folder_target(tmp_path, categories=("News",))
    receipt = target.publish(article(), "key", identity=IDENTITY)
    text = (tmp_path / "posts" / receipt.remote_id).read_text()
    assert re.sub('(?<=reblogbot: ")[0-9a-f]{32}', "…", text) == (
        "---\n"
        'title: "Trains return"\n'
        "date: 2026-11-22T09:30:01Z\n"
        'categories: ["News"]\n'
        'tags: ["Trains", "News"]\n'
        'language: "en"\n'
        'link: "https://news.example/trains?a=1&b=2"\n'
        'reblogbot: "…"\n'
        "---\n\n"
        "Three lines \\*start\\* in spring. [Source](<https://news.example/trains?a=1&amp;b=2>)\n\n"
        "> The sea  \n> is near\n"
    )


# real site generators

HOSTILE = 'Title: "no" # {{ x }} <b> 😀 {% raw %}'
BODY = "A *b* _c_ `d` {{< x >}} {{% y %}} {{ z }} {% w %} $5 -- ... C++ ~~e~~ a|b <script>f</script> &amp; 3^2 :smile: www.x.example"


def site_post(title=HOSTILE):
    post = article(title)
    blocks = (
        Block("paragraph", (Span(BODY),)),
        Block("heading", (Span("C#"),)),
        *post.article.body,
    )
    return replace(post, article=replace(post.article, body=blocks))


def shown(html: str) -> str:
    """The text of a page; sites write typographic quotes."""
    parser = HTMLParser(convert_charrefs=True)
    pieces = []
    parser.handle_data = pieces.append
    parser.feed(html)
    return re.sub(r"\s+", " ", "".join(pieces)).replace("“", '"').replace("”", '"').strip()


def need(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(
            f"{program} is not installed: no site is built of our files (apt install {program})"
        )


@pytest.mark.parametrize("front_matter_", ["yaml", "toml"])
def test_hugo_builds_the_page_that_was_meant(tmp_path, front_matter_):
    need("hugo")
    layouts = tmp_path / "layouts/_default"
    (layouts / "_markup").mkdir(parents=True)
    (tmp_path / "config.toml").write_text('baseURL = "https://blog.example/"\ntitle = "Blog"\n')
    (layouts / "single.html").write_text(
        '<p>{{ .Title }}|{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}|{{ .Params.tags }}|{{ .Params.categories }}|'
        "{{ .Params.link }}</p>{{ .Content }}"
    )
    (layouts / "list.html").write_text("{{ range .Pages }}{{ .Title }}\n{{ end }}")
    # as docs/articles.md has it
    (layouts / "_markup/render-image.html").write_text(
        '<img src="../{{ .Destination | safeURL }}" alt="{{ .Text }}">'
    )
    target = folder_target(
        tmp_path,
        folder=tmp_path / "content/posts",
        feed=None,
        front_matter=front_matter_,
        categories=("资讯",),
    )
    receipt = target.publish(
        site_post(), "key", identity=IDENTITY, images=[Image(b"x", "image/png", "The sea")]
    )
    target.publish(article("Secret", visibility="private"), "key", identity=bytes(16))
    built = subprocess.run(
        ["hugo", "--destination", "public"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    stem = receipt.remote_id.partition(".")[0]
    page = (tmp_path / "public/posts" / stem / "index.html").read_text()
    assert shown(page).startswith(
        f"{HOSTILE}|2026-11-22T09:30:01Z|[Trains News]|[资讯]|https://news.example/trains?a=1&b=2{BODY}"
    )
    assert "<script>" not in page
    assert f'<img src="../{stem}-1.png" alt="The sea">' in page
    assert (tmp_path / "public/posts" / f"{stem}-1.png").read_bytes() == b"x"
    assert (tmp_path / "public/tags/trains/index.html").exists()
    assert "Secret" not in (tmp_path / "public/posts/index.html").read_text()


@pytest.mark.slow
def test_jekyll_builds_the_page_that_was_meant(tmp_path):
    need("jekyll")
    (tmp_path / "_layouts").mkdir()
    (tmp_path / "_config.yml").write_text(
        "title: Blog\ndefaults: [{scope: {path: ''}, values: {layout: post}}]\n"
    )
    (tmp_path / "_layouts/post.html").write_text(
        "<p>{{ page.title | escape }}|{{ page.date | date_to_xmlschema }}|{{ page.tags | join: ',' }}|{{ page.link }}</p>"
        "{{ content }}"
    )
    target = folder_target(tmp_path, folder=tmp_path / "_posts", feed=None, categories=("资讯",))
    target.publish(site_post(), "key", identity=IDENTITY)
    target.publish(article("Secret", visibility="private"), "key", identity=bytes(16))
    built = subprocess.run(["jekyll", "build", "--disable-disk-cache"], cwd=tmp_path, capture_output=True, text=True,
                           check=False, env={"TZ": "UTC", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    (page,) = (tmp_path / "_site/资讯/2026/11/22").glob("*.html")
    html = page.read_text()
    assert shown(html).startswith(
        f"{HOSTILE}|2026-11-22T09:30:01+00:00|Trains,News|https://news.example/trains?a=1&b=2{BODY}"
    )
    assert "<script>" not in html
