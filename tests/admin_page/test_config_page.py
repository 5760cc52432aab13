"""The page "Config": the whole file in an editor, with its faults and what would change."""

import codecs
import logging
import tomllib

import pytest

from html_forms import form_fields


class Editor:
    """The page's form, and the file behind it."""

    def __init__(self, page):
        self.page = page
        self.path = page.bot.path
        self.fields = {}

    @property
    def content(self):
        return self.path.read_bytes()

    async def open(self):
        answer = await self.page.get("/config")
        assert answer.status == 200
        return self.take(answer)

    def take(self, answer):
        self.fields = form_fields(answer.text, "/config")
        return answer

    def type(self, old, new):
        assert old in self.fields["text"]
        self.fields["text"] = self.fields["text"].replace(old, new)

    async def save(self, path="/config"):
        # the form is sent in parts
        return await self.page.upload(path, "file", b"", self.fields)

    async def check(self):
        return await self.save("/config/check")


@pytest.fixture
async def editor(page):
    editor = Editor(page)
    await editor.open()
    return editor


def marked(content):
    return codecs.BOM_UTF8 + content


def with_crlf(content):
    return content.replace(b"\n", b"\r\n")


def mixed(content):
    return content.replace(b"\n", b"\r\n", 3)


def without_end(content):
    return content.rstrip(b"\n")


@pytest.mark.parametrize("form", [bytes, marked, with_crlf, mixed, without_end])
async def test_what_was_not_changed_stays_byte_for_byte(editor, form):
    before = form(b"# hand-written \xe2\x9c\x8e\n\n\n" + editor.content)
    editor.path.write_bytes(before)
    await editor.open()
    assert (await editor.save()).messages == ["Nothing was changed."]
    editor.type('first = "all"', 'first = "none"')
    answer = await editor.save()
    assert answer.messages[0].startswith("The config was saved.\n")
    assert editor.content == before.replace(b'first = "all"', b'first = "none"')


async def test_a_text_with_faults_is_not_saved_and_stays_in_the_editor(editor):
    before = editor.content
    editor.type('first = "all"', 'frist = "all"')
    answer = await editor.save()
    assert editor.content == before
    assert answer.messages == ["Nothing was saved: this text has faults."]
    assert "unknown key; did you mean &#34;first&#34;?" in answer.text
    assert 'data-line="' in answer.text
    assert "frist" in form_fields(answer.text, "/config")["text"]
    assert '<span class="added">+frist = &#34;all&#34;</span>' in answer.text


async def test_a_check_shows_warnings_and_the_difference_and_saves_nothing(editor):
    before = editor.content
    editor.type('first = "all"', 'first = "all"\r\nevery = "10s"')
    answer = await editor.check()
    assert editor.content == before
    assert answer.messages == ["No faults. Nothing is saved yet."]
    assert "polls more than once a minute" in answer.text
    assert '<code class="line">every = &#34;10s&#34;</code>' in answer.text
    assert '<span class="added">+every = &#34;10s&#34;</span>' in answer.text
    editor.take(answer)
    await editor.save()
    assert tomllib.loads(editor.content.decode())["sources"]["hot"]["every"] == "10s"


async def test_of_two_admins_the_second_is_shown_what_the_first_has_changed(editor):
    second = Editor(editor.page)
    await second.open()
    editor.type('first = "all"', 'first = "none"')
    await editor.save()
    before = editor.content
    second.type('timeout = "5s"', 'timeout = "6s"')
    answer = await second.save()
    assert editor.content == before
    assert "The file was changed meanwhile" in answer.messages[0]
    assert '<span class="added">+first = &#34;none&#34;</span>' in answer.text
    second.take(answer)
    assert 'timeout = "6s"' in second.fields["text"]
    # what saving again would undo is shown, and done only then
    assert '<span class="added">+first = &#34;all&#34;</span>' in answer.text
    await second.save()
    assert b'first = "none"' not in editor.content
    assert b'timeout = "6s"' in editor.content


async def test_a_form_older_than_the_daemon_is_refused_without_a_difference(editor):
    before = editor.content
    editor.fields["version"] = "0" * 24
    editor.type('first = "all"', 'first = "none"')
    answer = await editor.save()
    assert "The file was changed meanwhile" in answer.messages[0]
    assert editor.content == before


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('first = "all"', 'frist = "all"', "unknown key"),
        ('kind = "feed"', "kind = ", "invalid TOML"),
        ("[http]", '[store]\nurl = "mysql://x"\n[http]', "the store is"),
    ],
)
async def test_a_broken_file_is_mended_here(editor, old, new, fault):
    content = editor.content
    editor.path.write_bytes(content.replace(old.encode(), new.encode()))
    answer = await editor.open()
    assert "The file has faults." in answer.text
    assert fault in answer.text
    editor.type(new.replace("\n", "\r\n"), old)
    assert (await editor.save()).messages[0].startswith("The config was saved.")
    assert editor.content == content


async def test_a_file_that_is_no_text_is_told(editor):
    editor.path.write_bytes(b"\xff\xfe" + editor.content)
    answer = await editor.page.get("/config")
    assert answer.status == 400
    assert "save the file in that encoding" in answer.text


async def test_secrets_are_left_out_of_differences_and_the_log(editor, caplog):
    caplog.set_level(logging.INFO)
    editor.type('first = "all"', 'first = "all"\r\nheaders = { Cookie = "session=hidden" }')
    answer = await editor.check()
    assert 'Cookie = "session=hidden"' in form_fields(answer.text, "/config")["text"]
    difference = answer.text.partition('<pre class="difference"')[2].partition("</pre>")[0]
    assert "Cookie" in difference
    assert "hidden" not in difference
    answer = await editor.save()
    assert "hidden" not in answer.messages[0]
    texts = [line.text for line in editor.page.site.tools.log.lines()]
    assert any("Cookie" in text for text in texts)
    assert not any("hidden" in text for text in texts)


async def test_a_large_file_can_be_edited(editor):
    sources = "".join(
        f'\n[sources."来源{number}"]\nkind = "feed"\nurl = "https://x.example/{number}"\nto = ["news"]\n'
        for number in range(3000)
    )
    editor.path.write_bytes(editor.content + sources.encode())
    await editor.open()
    editor.type('"https://x.example/2999"', '"https://x.example/new"')
    before = editor.content
    answer = await editor.save()
    assert answer.messages[0].startswith("The config was saved.")
    assert editor.content == before.replace(b"/2999", b"/new")
