"""A source's form and its TOML: what is typed there is written, and nothing else."""

import tomllib
from urllib.parse import quote

import pytest

from html_forms import form_fields
from walk import items

EDIT, PREVIEW, TOML = "/sources/hot/edit", "/sources/hot/preview", "/sources/hot/toml"
TABLES = """
[defaults]
max_per_poll = 50

# the hot list
[sources.hot]
kind = "feed"  # RSS
url = "{url}"
to = ["news"]
every = '20m'
# first = 3
headers = {{ Cookie = "session=hidden" }}
template = \"\"\"
{{{{ title }}}}
{{{{ link }}}}\"\"\"

[sources.hot.filter]
exclude = [
  "spam", # of all kinds
]
"""


@pytest.fixture
def configured(bot, feeds, sandbox):
    """The source `hot`, written by hand, after others."""
    bot.configure({"gone": {"url": feeds.fail("/gone", 410)}}, {"news": (sandbox, "")})
    with bot.path.open("a", encoding="utf-8") as file:
        file.write(TABLES.format(url=feeds.url("/hot.xml")))
    return bot


@pytest.fixture
def config(page):
    """The text of the config file, and how to replace it."""

    class ConfigFile:
        @property
        def text(self):
            return page.bot.path.read_bytes().decode()

        @property
        def hot(self):
            return tomllib.loads(self.text)["sources"]["hot"]

        def replace(self, old, new):
            assert old in self.text
            page.bot.path.write_bytes(self.text.replace(old, new).encode())

    return ConfigFile()


async def fields_of(page, path=EDIT):
    answer = await page.get(path)
    assert answer.status == 200
    return form_fields(answer.text, path)


async def save(page, fields, **changes):
    keys = {f"key:{name.replace('__', '.')}": value for name, value in changes.items()}
    return await page.post(EDIT, fields | keys)


async def test_a_form_sent_back_as_it_came_changes_nothing(page, config):
    before = config.text
    answer = await page.post(EDIT, await fields_of(page))
    assert answer.messages == ["Nothing was changed."]
    assert config.text == before


async def test_a_changed_key_is_written_and_every_other_byte_stays(page, config):
    before = config.text
    answer = await save(page, await fields_of(page), every="2h", filter__exclude="spam\r\nads")
    assert config.text == before.replace("every = '20m'", 'every = "2h"').replace(
        'exclude = [\n  "spam", # of all kinds\n]', 'exclude = ["spam", "ads"]'
    )
    assert answer.path == EDIT
    (message,) = answer.messages
    assert message.startswith("hot was saved.\n")
    assert "-every = '20m'\n+every = \"2h\"" in message


async def test_an_emptied_key_is_removed_and_its_default_holds(page, config):
    before = config.text
    await save(page, await fields_of(page), every="")
    assert config.text == before.replace("every = '20m'\n", "")


async def test_values_are_written_in_the_type_of_their_key(page, config):
    await save(
        page,
        await fields_of(page),
        enabled="false",
        first="3",
        order="score",
        filter__similar="0.8",
        filter__replies="true",
        tags="news\r\n\r\n bots ",
        replace='[["a", "b"]]',
        max_per_poll="0500",
        digest="18:00",
    )
    hot = config.hot
    assert (hot["enabled"], hot["first"], hot["order"], hot["digest"]) == (
        False, 3, "score", "18:00",
    )  # fmt: skip
    assert hot["filter"] == {"exclude": ["spam"], "similar": 0.8, "replies": True}
    assert (hot["tags"], hot["replace"], hot["max_per_poll"]) == (
        ["news", "bots"], [["a", "b"]], 500,
    )  # fmt: skip


async def test_an_empty_list_that_overrides_the_defaults_is_written_in_brackets(page, config):
    config.replace("max_per_poll = 50", 'max_per_poll = 50\ntags = ["bot"]')
    await save(page, await fields_of(page), tags="[]")
    assert config.hot["tags"] == []
    assert (await fields_of(page))["key:tags"] == "[]"


async def test_faults_are_shown_at_their_fields_and_what_was_typed_stays(page, config):
    before = config.text
    fields = await fields_of(page)
    answer = await save(page, fields, every="2 hourz", replace="[[", to="nwes", title="Hot & new")
    assert config.text == before
    assert "this is no value of TOML" in answer.text
    kept = form_fields(answer.text, EDIT)
    assert (kept["key:every"], kept["key:replace"], kept["key:title"]) == (
        "2 hourz", "[[", "Hot & new",
    )  # fmt: skip
    answer = await page.post(EDIT, kept | {"key:replace": ""})
    assert config.text == before
    assert "a duration is a number and one of" in answer.text
    assert "there is no account &#34;nwes&#34;; did you mean" in answer.text
    await page.post(EDIT, form_fields(answer.text, EDIT) | {"key:every": "2h", "key:to": "news"})
    assert (config.hot["every"], config.hot["title"]) == ("2h", "Hot & new")


async def test_defaults_and_help_stand_beside_each_key(page):
    text = (await page.get(EDIT)).text
    assert "How often the source is polled" in text
    assert "default: <code>50</code> (from [defaults])" in " ".join(text.split())
    assert "default: <code>7d</code>" in " ".join(text.split())


async def test_a_fault_of_the_file_is_shown_at_its_field(page, config):
    config.replace("every = '20m'", "every = 20")
    config.replace("exclude = [", 'max_aeg = "2d"\nexclude = [')
    answer = await page.get(EDIT)
    assert "a duration needs quotes and a unit: write &#34;15m&#34;" in answer.text
    assert "unknown key; did you mean &#34;max_age&#34;?" in answer.text
    fields = form_fields(answer.text, EDIT)
    assert fields["key:every"] == "20"
    answer = await page.post(EDIT, fields | {"key:every": '"20m"', "remove": ["filter.max_aeg"]})
    assert answer.messages[0].startswith("hot was saved.")
    assert "max_aeg" not in config.text
    assert config.hot["every"] == "20m"


async def test_secrets_are_not_shown_and_may_be_replaced_added_and_removed(page, config):
    fields = await fields_of(page)
    assert fields["key:headers.Cookie"] == ""
    secret = {"header_name": "X-Key", "header_value": "k1"}
    answer = await page.post(
        EDIT,
        fields
        | secret
        | {"key:headers.Cookie": "session=new", "key:proxy": "http://u:pw@p.example:80"},
    )
    assert config.hot["headers"] == {"Cookie": "session=new", "X-Key": "k1"}
    assert config.hot["proxy"] == "http://u:pw@p.example:80"
    for secret in ("session=new", "session=hidden", "u:pw"):
        assert secret not in answer.text
    assert "http://…@p.example:80" in answer.text
    fields = form_fields(answer.text, EDIT)
    await page.post(EDIT, fields | {"remove": ["headers.Cookie", "proxy"]})
    assert config.hot["headers"] == {"X-Key": "k1"}
    assert "proxy" not in config.hot


async def test_a_typed_secret_is_not_shown_again_beside_a_fault(page, config):
    fields = await fields_of(page)
    answer = await page.post(EDIT, fields | {"key:headers.Cookie": "session=new", "key:every": "x"})
    assert "session=new" not in answer.text
    assert "type it once more" in answer.text


async def test_another_kind_asks_for_its_own_keys(page, config):
    before = config.text
    answer = await save(page, await fields_of(page), kind="page")
    assert config.text == before
    fields = form_fields(answer.text, EDIT)
    assert "missing; this key has no default" in answer.text
    await page.post(EDIT, fields | {"key:select.item": "li"})
    assert (config.hot["kind"], config.hot["select"]) == ("page", {"item": "li"})


async def test_of_two_admins_the_second_is_shown_what_the_first_has_changed(page, config):
    first = await fields_of(page)
    second = dict(first)
    await save(page, first, every="2h", title="First")
    before = config.text
    answer = await save(page, second, title="Second")
    assert config.text == before
    assert "The config was changed meanwhile" in answer.messages[0]
    assert "+every = &#34;2h&#34;" in answer.text
    # the key that only the first has changed stays as it is now
    kept = form_fields(answer.text, EDIT)
    assert (kept["key:title"], kept["key:every"]) == ("Second", "2h")
    await page.post(EDIT, kept)
    assert (config.hot["title"], config.hot["every"]) == ("Second", "2h")


async def test_the_form_is_no_large_page(page, config):
    config.replace("# first = 3", 'kind_of = 3\nreplace = [["a", 3]]')
    answer = await page.get(EDIT)
    assert len(answer.text.encode()) < 60_000


async def test_a_source_that_is_gone_has_no_form(page, config):
    assert (await page.get("/sources/other/edit")).status == 404
    assert (await page.get("/sources/other/toml")).status == 404
    fields = await fields_of(page)
    config.replace("sources.hot", "sources.cold")
    assert (await page.post(EDIT, fields)).status in (400, 404)


async def test_a_config_that_is_no_toml_is_mended_elsewhere(page, config):
    fields = await fields_of(page)
    config.replace('kind = "feed"  # RSS', "kind = ")
    for answer in (await page.get(EDIT), await page.post(EDIT, fields)):
        assert answer.status == 400
        assert "correct it first" in answer.text


@pytest.mark.parametrize("name", ["a b", "ä/ö", "50%?#", "<b>"])
async def test_a_name_with_any_letters_has_a_form(page, config, name):
    config.replace("sources.hot", f"sources.'{name}'")
    path = f"/sources/{quote(name, safe='')}/edit"
    answer = await page.post(path, await fields_of(page, path) | {"key:title": "T"})
    assert answer.messages[0].startswith(f"{name} was saved.")
    assert tomllib.loads(config.text)["sources"][name]["title"] == "T"


# the preview


async def test_a_preview_applies_what_was_typed_and_writes_nothing(page, config, clock, feeds):
    feeds.show("/hot.xml", items(clock, "spam", "b", "a"))
    before = config.text
    fields = await fields_of(page)
    answer = await page.post(PREVIEW, fields | {"key:filter.exclude": "b", "key:template": "link"})
    text = " ".join(answer.text.split())
    assert "3 entries looked at, 2 would go" in text
    assert "1 refused" in text
    assert form_fields(answer.text, EDIT)["key:filter.exclude"] == "b"
    assert config.text == before
    assert page.bot.deliveries() == []


async def test_a_preview_says_why_the_source_cannot_be_read(page, feeds):
    feeds.fail("/hot.xml", 410)
    answer = await page.post(PREVIEW, await fields_of(page))
    assert answer.status == 200
    assert "410" in answer.text


# as TOML


async def test_the_toml_is_the_source_as_it_is_in_the_file(page, config):
    before = config.text
    fields = await fields_of(page, TOML)
    text = fields["text"].replace("\r\n", "\n")
    assert text.startswith("# the hot list\n[sources.hot]\n")
    assert "# first = 3" in text
    assert (await page.post(TOML, fields)).messages == ["Nothing was changed."]
    await page.post(TOML, fields | {"text": fields["text"].replace("# first = 3", "first = 3")})
    assert config.text == before.replace("# first = 3", "first = 3")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("sources.hot", "sources.cold", "use Rename on its page"),
        ("[sources.hot]", "[accounts.x]\n[sources.hot]", "nothing else"),
        ("every =", "evry =", "did you mean"),
        ("every =", "every", "not valid TOML"),
    ],
)
async def test_toml_that_cannot_be_saved_stays_in_the_editor(page, config, old, new, reason):
    before = config.text
    fields = await fields_of(page, TOML)
    typed = fields["text"].replace(old, new.replace("\n", "\r\n"))
    answer = await page.post(TOML, fields | {"text": typed})
    assert config.text == before
    assert reason in " ".join(answer.text.split())
    assert form_fields(answer.text, TOML)["text"] == typed


async def test_toml_made_from_an_older_file_is_refused(page, config):
    fields = await fields_of(page, TOML)
    config.replace("max_per_poll = 50", "max_per_poll = 60")
    before = config.text
    answer = await page.post(TOML, fields | {"text": fields["text"].replace("20m", "30m")})
    assert config.text == before
    assert "+max_per_poll = 60" in answer.text
    kept = form_fields(answer.text, TOML)
    assert "30m" in kept["text"]
    await page.post(TOML, kept)
    assert config.text == before.replace("20m", "30m")
