"""A config file becomes a Config, or all its faults are reported, each at its line."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reblogbot.app import load_config
from reblogbot.config.load import MAX_BYTES, load
from reblogbot.config.tables import SourceKinds
from reblogbot.errors import ConfigError, ConfigFault
from reblogbot.store.database import Database

MESSY = """\
typo = 1
[store]
url = "mysql://root:hunter2@db/x"
[delivery]
timeout = "10m"
[accounts.news]
server = "social.example"
token = "hunter2"
token_file = "a"
token_env = "B"
[accounts.news.pace]
quiet = ["23:00-07:00", "25:00-07:00"]
[sources.chouti]
kind = "fead"
evry = "15m"
to = ["nwes"]
template = "headlin"
[sources.page]
kind = "page"
url = "https://example.org"
every = 15
to = []
[sources.page.select]
itme = "li"
[sources.page.filter]
max_age = 7
url = "https://example.org/2"
"""


TOLD = """\
:1: typo: unknown key
:3: store.url: the store is "sqlite:///FILE", relative to the folder of this file, or "postgresql://USER@HOST/NAME"
:4: delivery.lease: must be longer than timeout, or two processes could send one post
:7: accounts.news.server: a URL must begin with https:// or http://
:8: accounts.news.token: unknown key; write the token into a file of its own: token_file = "news.token"
:10: accounts.news.token_env: give token_file or token_env, not both
:12: accounts.news.pace.quiet[1]: a time of day is written "18:00", from "00:00" to "23:59"
:14: sources.chouti.kind: unknown kind "fead"; did you mean "feed"? there are: feed, page, mentions, broken
:15: sources.chouti.evry: unknown key; did you mean "every"?
:16: sources.chouti.to: there is no account "nwes"; did you mean "news"?
:17: sources.chouti.template: no built-in template has this name; did you mean "headline"?
:21: sources.page.every: a duration needs quotes and a unit: write "15m"
:22: sources.page.to: must not be empty
:23: sources.page.select.item: missing; this key has no default
:24: sources.page.select.itme: unknown key; did you mean "item"?
:26: sources.page.filter.max_age: a duration needs quotes and a unit: write "15m"
:27: sources.page.filter.url: unknown key; it belongs in [sources.page]
"""


def test_all_faults_are_reported_at_once_each_at_its_line(faults_of):
    _, lines = faults_of(MESSY)
    assert lines == TOLD.splitlines()


def test_a_list_whose_only_word_is_wrong_is_not_called_empty_as_well(faults_of):
    _, lines = faults_of('[sources.a]\nkind = "feed"\nurl = "https://a.example/f"\nto = [1]\n')
    assert lines == [":4: sources.a.to[0]: must be a string in quotes"]


def test_secrets_never_stand_in_a_message(faults_of):
    secret = "s3cr3t"
    _, lines = faults_of(
        f'[store]\nurl = "mysql://root:{secret}@db"\n[http]\nproxy = "ftp://u:{secret}@p"\n'
        f'[notify]\nwebhook = "ftp://{secret}"\n'
        f'[accounts.news]\nserver = "https://u:{secret}@x"\naccess_token = "{secret}"\n'
        f'token_file = 3\n[sources.a]\nkind = "feed"\nto = ["news"]\nproxy = "x:{secret}"\n'
        f'url = "https://me:{secret}@example.org"\n[sources.a.headers]\nAuthorization = ["{secret}"]\n'
        f'Cookie = "{secret}\\n"\n'
    )
    assert len(lines) == 10
    assert secret not in "".join(lines)


def test_a_plain_config_loads_with_every_default(load_toml, plain, tmp_path):
    config = load_toml(plain)
    source, account = config.sources["chouti"], config.accounts["news"]
    assert (source.name, source.every, source.template) == ("chouti", timedelta(minutes=15), "link")
    assert (account.name, account.visibility, account.pace.per_hour) == ("news", "unlisted", 30)
    assert config.path == tmp_path / "config.toml"


def test_an_empty_file_is_a_config_that_does_nothing(load_toml):
    assert load_toml("").sources == {}


# paths


def test_paths_are_taken_from_the_folder_of_the_config(load_toml, plain, tmp_path):
    config = load_toml(plain)
    assert config.accounts["news"].token_file == tmp_path / "news.token"
    assert config.store.url == f"sqlite:///{tmp_path}/reblogbot.sqlite3"


@pytest.mark.parametrize(
    ("url", "stands"),
    [
        ("sqlite:///a/b.db?x=1", "sqlite:///{folder}/a/b.db?x=1"),
        ("sqlite:////var/b.db", "sqlite:////var/b.db"),
        ("postgresql://user:pw@host/db", "postgresql://user:pw@host/db"),
    ],
)
def test_the_store_is_a_file_beside_the_config_or_a_database(load_toml, tmp_path, url, stands):
    config = load_toml(f'[store]\nurl = "{url}"')
    assert config.store.url == stands.format(folder=tmp_path)


def test_a_relative_config_path_still_gives_absolute_paths(load_toml, tmp_path, monkeypatch, plain):
    load_toml(plain)
    monkeypatch.chdir(tmp_path)
    config = load(Path("config.toml"), SourceKinds(["feed"], lambda _: None))
    assert config.accounts["news"].token_file == tmp_path / "news.token"


def test_a_home_folder_may_be_written_as_a_tilde(load_toml, plain, monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    config = load_toml(plain.replace("news.token", "~/news.token"))
    assert config.accounts["news"].token_file == Path("/home/someone/news.token")


# files that are no config


def unusable(path):
    with pytest.raises(ConfigError) as raised:
        load(path, SourceKinds(["feed"], lambda _: None))
    return raised.value.slug, str(raised.value).removeprefix(str(path))


def test_the_error_for_a_missing_file_names_the_command_that_writes_one(config_file):
    assert unusable(config_file) == (
        "config_missing",
        ": no such file; write one with `reblogbot setup` or `init`",
    )


def test_a_folder_is_not_a_config(tmp_path):
    assert unusable(tmp_path) == (
        "config_unreadable",
        ": this is a folder; name the config file in it",
    )


def test_a_path_below_a_file_cannot_be_read(config_file):
    config_file.write_text("")
    assert unusable(config_file / "x")[0] == "config_unreadable"


def test_a_path_with_a_nul_cannot_be_read():
    assert unusable(Path("a\0b"))[0] == "config_unreadable"


def test_a_file_beyond_all_reason_is_not_read_to_its_end(config_file):
    with config_file.open("wb") as file:
        file.truncate(MAX_BYTES * 2)
    assert unusable(config_file) == ("config_unreadable", f": is larger than {MAX_BYTES} bytes")


def test_text_in_another_encoding_is_reported_with_its_line(config_file):
    config_file.write_bytes(b"[store]\nkeep = '1d'\n# \xff\xfe")
    assert unusable(config_file) == (
        "config_invalid",
        ":3: not UTF-8 text; save the file in that encoding",
    )


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("a = 1\nb = \n", ":2: invalid TOML: Invalid value"),
        ("[store]\nkeep = '1d'\nkeep = '2d'\n", ":3: invalid TOML: Cannot overwrite a value"),
        ('x = "never closed', ":1: invalid TOML: "),
        ("x = [1,\n\n", ":3: invalid TOML: "),
        ("x = \x00", ":1: invalid TOML: "),
        ("a\rb", ":1: invalid TOML: "),
        (f"x = {'9' * 9000}", ": invalid TOML: "),
    ],
)
def test_invalid_toml_is_reported_with_its_line(faults_of, toml, expected):
    _, lines = faults_of(toml)
    assert lines[0].startswith(expected)


def test_a_syntax_fault_does_not_repeat_what_was_written(faults_of):
    _, lines = faults_of('[accounts.news]\ntoken = s3cr3t\nserver = "x"\n')
    assert lines[0].startswith(":2: ")
    assert "s3cr3t" not in lines[0]


@pytest.mark.parametrize("bracket", ["[", "{a=", '[{"x"='])
def test_brackets_nested_too_deeply_are_a_fault_not_a_crash(faults_of, bracket):
    _, lines = faults_of(f"x = {bracket * 20_000}")
    assert "invalid TOML" in lines[0] or "nested too deeply" in lines[0]


def test_a_key_of_a_thousand_dots_is_just_unknown(faults_of):
    faults, _ = faults_of("a." * 1000 + "a = 1")
    assert faults == {"a": "unknown key"}


def test_windows_line_ends_and_a_byte_order_mark_are_taken(load_toml, plain):
    assert load_toml(b"\xef\xbb\xbf" + plain.replace("\n", "\r\n").encode()).sources


def test_windows_line_ends_keep_the_lines_right(faults_of):
    _, lines = faults_of("[store]\r\nkeep = '1d'\r\nkep = 2\r\n")
    assert lines == [':3: store.kep: unknown key; did you mean "keep"?']


def test_a_nul_in_a_text_is_a_fault(faults_of, plain):
    faults, _ = faults_of(plain + 'title = "a\\u0000b"\ntags = ["a\\u0000"]')
    assert faults["sources.chouti.title"] == "holds a NUL character; remove it"
    assert "sources.chouti.tags[0]" in faults


pieces = st.lists(
    st.sampled_from(
        [
            *("[sources.a]\n", "[accounts.news]\n", "[defaults]\n", "[defaults.filter]\n"),
            *("[sources.a.filter]\n", "[sources.a.headers]\n", "[[sources]]\n", "[store]\n"),
            *('kind = "feed"\n', 'kind = "page"\n', 'kind = "mentions"\n', "kind = 3\n"),
            *('to = ["news"]\n', "to = 1\n", "to = [[1]]\n", 'url = "http://[::1"\n', "url = {}\n"),
            *("every = ", "max_age = ", "filter = ", "headers = ", "replace = ", "template = "),
            *("via = ", "select = ", "from = ", "pace = ", "cron = ", "sources = ", "defaults = "),
            *('""\n', '"x"\n', "1\n", "1e400\n", "nan\n", "[]\n", '[["/(/", "\\\\9"]]\n', "true\n"),
            *('"{{"\n', "18:00:00\n", "2026-01-01\n", "{ a = [{}] }\n", '"* * 30 2 mon"\n'),
        ]
    ),
    max_size=12,
).map("".join)


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | pieces.map(str.encode))
def test_no_bytes_raise_anything_but_config_error(load_toml, raw):
    try:
        config = load_toml(raw, check_template=lambda text, *_: "line 2: x" if "{" in text else "")
    except ConfigError as error:
        faults = error.faults
    else:
        faults = [ConfigFault("", "none")] if config.path.is_absolute() else []
    assert faults
    assert all(fault.message for fault in faults)


# tables and keys


@pytest.mark.parametrize(
    ("toml", "path", "message"),
    [
        ("every = '5m'", "every", "unknown key; it belongs in [defaults]"),
        ("per_host = 1", "per_host", "unknown key; it belongs in [http]"),
        ("[account.x]", "account", 'unknown key; did you mean "accounts"?'),
        ("store = 1", "store", "must be a table, written [store]"),
        ("[[sources]]", "sources", "must be a table, written [sources.NAME]"),
        ("[accounts]\nnews = 1", "accounts.news", "must be a table, written [accounts.news]"),
        ("sources.a = []", "sources.a", "must be a table, written [sources.a]"),
        ("[http]\nproxi = 1", "http.proxi", 'unknown key; did you mean "proxy"?'),
        (
            "[http]\nconcurrency = true",
            "http.concurrency",
            "must be a whole number, without quotes",
        ),
        ("[http]\nconcurrency = 0", "http.concurrency", "must be at least 1"),
        ("[http]\nconcurrency = 9999", "http.concurrency", "must be at most 1024"),
        ("[http]\ncontact = 1", "http.contact", "must be a string in quotes"),
        (
            "[http]\nallow_private = 'x:1'",
            "http.allow_private",
            "must be an array in brackets, such",
        ),
        ('"a b" = 1', '"a b"', "unknown key"),
        ('"\\u001b[31m\\n" = 1', '"\\u001b[31m\\n"', "unknown key"),
        ("defaults = 1", "defaults", "must be a table, written [defaults]"),
        ("[defaults]\nkind = 'feed'", "defaults.kind", "unknown key; it belongs in [sources.NAME]"),
        ("[defaults]\nname = 'x'", "defaults.name", "unknown key"),
    ],
)
def test_an_unknown_key_is_reported_with_the_valid_one(faults_of, toml, path, message):
    faults, _ = faults_of(toml)
    assert faults[path].startswith(message)


@pytest.mark.parametrize(
    ("line", "path", "message"),
    [
        ("name = 'x'", "name", "unknown key"),
        ("options = 1", "options", "unknown key"),
        ("max_age = '1d'", "max_age", "unknown key; it belongs in [sources.chouti.filter]"),
        ("enabled = 'yes'", "enabled", "must be true or false"),
        ("hashtags = '3'", "hashtags", "must be a whole number"),
        ("hashtags = -1", "hashtags", "must be at least 0"),
        ("first = '3'", "first", 'must be "none", "all" or a number without quotes'),
        ("first = true", "first", 'must be "none", "all" or a number without quotes'),
        (
            "action = 'boots'",
            "action",
            'must be "auto", "post", "boost" or "quote"; did you mean "b',
        ),
        ("visibility = 'direct'", "visibility", 'must be "public", "unlisted" or "private"'),
        ("budget = '10'", "budget", 'a budget is a number of posts per duration: "10/1d"'),
        ("timezone = 'Europe/Bern'", "timezone", 'not an IANA time zone; did you mean "Europe/'),
        ("language = 'zh_CN'", "language", "a language is a tag such as"),
        ("encoding = 'utf-9'", "encoding", "not a known encoding"),
        ("encoding = 'zlib'", "encoding", "not a known encoding"),
        ("proxy = 'socks4://x:1'", "proxy", "a URL must begin with http:// or https:// or socks5"),
        ("fallbacks = ['x']", "fallbacks[0]", "a URL must begin with https:// or http://"),
        ("fallbacks = ['']", "fallbacks[0]", "a URL must begin with https:// or http://"),
        ("tags = ['a b']", "tags[0]", "a tag is one word"),
        ("replace = [['/a/']]", "replace[0]", "must be a pair in brackets"),
        ("replace = [['/a/', 'b', 'c']]", "replace[0]", "must be a pair in brackets"),
        ("replace = ['/a/']", "replace[0]", "must be an array"),
        (
            "replace = [['/a/', '\\1']]",
            "replace[0]",
            "not a valid replacement: inval",
        ),
        ("spoiler_rules = [['/(/', 'x']]", "spoiler_rules[0][0]", "not a valid regex: missing )"),
        ("digest = '24:10'", "digest", "a time of day is written"),
        ("cron = '0 9 * * 1'", "cron", 'write the days of the week as names: "mon-fri"'),
        ("cron = '0 9 * *'", "cron", "cron has five fields"),
        ("cron = 'x 9 * * mon'", "cron", "not a valid cron line: "),
        ("cron = '0 0 30 feb *'", "cron", "this cron line never comes true"),
        ("cron = '0 9 * * mon'\nevery = '5m'", "cron", "give every or cron, not both"),
        ("filter = 3", "filter", "must be a table"),
        ("filter.similar = 2", "filter.similar", "must be at most 1"),
        ("filter.similar = nan", "filter.similar", "must be a finite number"),
        (
            "filter.domains = ['https://x.org/']",
            "filter.domains[0]",
            "a domain is only a host name",
        ),
        ("filter.languages = ['']", "filter.languages[0]", "a language is a tag"),
        ("filter.include = ['']", "filter.include[0]", "a pattern is a word or a regex"),
        ("headers = 'x'", "headers", "must be a table"),
        ("headers.A = 'b\\r\\nC: d'", "headers.A", None),
        ('headers.A = "b\\r\\nC: d"', "headers.A", "a header must not hold line breaks"),
        ('headers."A B" = "x"', 'headers."A B"', "the name of a header consists of letters"),
        ("headers.A = 3", "headers.A", "must be a string in quotes"),
        (
            "template = 'links'",
            "template",
            'no built-in template has this name; did you mean "link"?',
        ),
        (
            "template = 'nothing-near'",
            "template",
            "no built-in template has this name; there are: link, headline",
        ),
    ],
)
def test_each_key_of_a_source_has_a_message_for_wrong_values(
    load_toml, faults_of, plain, line, path, message
):
    if message is None:  # a literal string, whose backslashes are just that
        assert load_toml(plain + line).sources
        return
    faults, _ = faults_of(plain + line)
    assert [*faults] == [f"sources.chouti.{path}"]
    assert faults[f"sources.chouti.{path}"].startswith(message)


@pytest.mark.parametrize(
    "key",
    [
        *("url", "fallbacks", "to", "kind", "title", "enabled", "every", "cron", "action", "first"),
        *("max_per_poll", "budget", "order", "review", "template", "visibility", "language"),
        *("timezone", "encoding", "proxy", "spoiler", "spoiler_rules", "hashtags", "tags"),
        *("replace", "media", "updates", "digest", "filter", "headers"),
    ],
)
def test_an_empty_string_means_not_set_for_every_key(load_toml, key):
    defaults = '[defaults]\nto = ["news"]\n'
    account = '[accounts.news]\nserver = "https://x.example"\ntoken_file = "t"\n'
    base = {"kind": '"mentions"', "via": '"news"'}
    lines = "".join(f"{k} = {v}\n" for k, v in (base | {key: '""'}).items() if key != "kind")
    if key == "kind":
        lines = 'kind = "mentions"\nvia = "news"\nurl = ""\n'
    source = load_toml(defaults + account + "[sources.a]\n" + lines).sources["a"]
    fields = type(source).model_fields
    expected = {"to": ("news",), "kind": "mentions"}.get(
        key, fields[key].get_default(call_default_factory=True)
    )
    assert getattr(source, key) == expected


def test_an_empty_string_is_no_excuse_for_an_unknown_key(faults_of, plain):
    faults, _ = faults_of(plain + 'evry = ""\n[sources.chouti.filter]\nmax_aeg = ""')
    assert set(faults) == {"sources.chouti.evry", "sources.chouti.filter.max_aeg"}


# accounts


@pytest.mark.parametrize(
    ("lines", "path", "message"),
    [
        ("server = 'http://x.example'\ntoken_file = 't'", "server", "http:// would send the token"),
        (
            "server = 'https://x.example/@me'\ntoken_file = 't'",
            "server",
            "write only the server's address",
        ),
        ("server = 'https://me:pw@x.example'\ntoken_file = 't'", "server", "user and password"),
        ("token_file = 't'", "server", "missing; this key has no default"),
        ("server = 'https://x.example'", "token_file", 'missing; write token_file = "FILE"'),
        ("server = 'https://x.example'\ntoken_file = 3", "token_file", "must be a path in quotes"),
        (
            "server = 'https://x.example'\ntoken_file = 't'\ngap = '1m'",
            "gap",
            "unknown key; it belon",
        ),
        (
            "server = 'https://x.example'\ntoken_file = 't'\npassword = 'x'",
            "password",
            "unknown key; write the token",
        ),
        (
            "server = 'https://x.example'\ntoken_file = 't'\npace.gap = '-1s'",
            "pace.gap",
            "a duration",
        ),
        (
            "server = 'https://x.example'\ntoken_file = 't'\npace.server = ''",
            "pace.server",
            "unknown",
        ),
    ],
)
def test_each_key_of_an_account_has_a_message_for_wrong_values(faults_of, lines, path, message):
    faults, _ = faults_of(f"[accounts.news]\n{lines}")
    assert [*faults] == [f"accounts.news.{path}"]
    assert faults[f"accounts.news.{path}"].startswith(message)


def test_http_is_allowed_with_allow_http(load_toml):
    toml = "[accounts.a]\nserver = 'http://127.0.0.1:80/'\nallow_http = true\ntoken_env = 'T'"
    assert load_toml(toml).accounts["a"].server == "http://127.0.0.1:80"


def test_an_account_may_live_on_a_systemd_credential_of_its_name_alone(load_toml, tmp_path):
    (tmp_path / "news").write_text("token")
    toml = "[accounts.news]\nserver = 'https://x.example'"
    config = load_toml(toml, environ={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert config.accounts["news"].token_file is None


@pytest.mark.parametrize("name", ["", " a", "a\\nb", "-x", "a" * 101, "\\u001b[0m"])
@pytest.mark.parametrize("kind", ["accounts", "sources"])
def test_a_name_fits_on_a_command_line(faults_of, kind, name):
    faults, _ = faults_of(f'[{kind}."{name}"]')
    assert any(message.startswith("a name ") for message in faults.values())


def test_names_may_be_written_in_any_script(load_toml, plain):
    assert "抽屉 新热榜" in load_toml(plain.replace("chouti", '"抽屉 新热榜"')).sources


@pytest.mark.parametrize(
    ("lines", "path", "message"),
    [
        (
            "account = 'nwes'\nto = '@a@b.example'",
            "account",
            'there is no account "nwes"; did you m',
        ),
        ("account = 'news'", "account", 'also needs to = "@admin@social.example"'),
        ("to = '@a@b.example'", "to", "also needs account"),
        ("account = 'news'\nto = 'a@b.example'", "to", "must be a full fediverse address"),
        ("webhook = 'x.example/hook'", "webhook", "a URL must begin with"),
        ("command = 'mail -s \"oops'", "command", "is empty, or a quote is not closed"),
        ("command = '  '", "command", "is empty, or a quote is not closed"),
    ],
)
def test_a_notice_needs_a_sender_and_somebody_to_go_to(faults_of, plain, lines, path, message):
    faults, _ = faults_of(f"{plain}[notify]\n{lines}")
    assert [*faults] == [f"notify.{path}"]
    assert faults[f"notify.{path}"].startswith(message)


def test_an_account_with_faults_is_not_reported_as_missing(faults_of, plain):
    faults, _ = faults_of(plain.replace("https://social", "ftp://social"))
    assert [*faults] == ["accounts.news.server"]


# kinds


def test_a_kinds_own_keys_are_read_by_its_model(load_toml, plain):
    toml = plain + '[sources.m]\nkind = "mentions"\nvia = "news"\nfrom = "anyone"\nto = ["news"]\n'
    options = load_toml(toml).sources["m"].options
    assert (options.via, options.who) == ("news", "anyone")


def test_the_nearest_key_is_sought_among_the_kinds_own_and_everybodys(faults_of, plain):
    faults, _ = faults_of(
        plain
        + '[sources.m]\nkind = "mentions"\nvai = "news"\nform = "x"\nevrey = "1m"\nto = ["news"]\n'
    )
    assert faults["sources.m.vai"] == 'unknown key; did you mean "via"?'
    assert faults["sources.m.form"] == 'unknown key; did you mean "from"?'
    assert faults["sources.m.evrey"] == 'unknown key; did you mean "every"?'
    assert faults["sources.m.via"] == "missing; this key has no default"


def test_a_key_of_another_kind_is_unknown(faults_of, plain):
    faults, _ = faults_of(plain + 'via = "news"')
    assert faults == {"sources.chouti.via": "unknown key"}


def test_the_account_to_read_with_must_be_there(faults_of, plain):
    faults, _ = faults_of(plain + '[sources.m]\nkind = "mentions"\nvia = "nws"\nto = ["news"]\n')
    assert faults == {"sources.m.via": 'there is no account "nws"; did you mean "news"?'}


BLOG = """
[accounts.blog]
kind = "wordpress"
server = "https://blog.example/news"
user = "bot"
token_file = "blog.token"
"""


def test_a_blog_is_not_read_from_and_sends_no_notices(faults_of, plain):
    faults, _ = faults_of(
        plain
        + '[sources.m]\nkind = "mentions"\nvia = "blog"\nto = ["news"]\n'
        + '[notify]\naccount = "blog"\nto = "@admin@social.example"\n'
        + BLOG
    )
    message = 'must be an account of the fediverse; "blog" is of kind "wordpress"'
    assert faults == {"sources.m.via": message, "notify.account": message}


def test_faults_of_a_kinds_own_keys_read_like_all_others(faults_of, plain):
    faults, _ = faults_of(
        plain + '[sources.m]\nkind = "mentions"\nvia = 3\nfrom = "x"\nwords = [1]\nto = ["news"]\n'
    )
    assert faults == {
        "sources.m.via": "must be a string in quotes",
        "sources.m.from": 'must be "followers" or "anyone"',
        "sources.m.words[0]": "must be a string in quotes",
    }


def test_a_url_is_asked_for_only_by_kinds_that_need_one(faults_of, load_toml, plain):
    without = plain.replace('url = "https://example.org/feed"\n', "")
    faults, _ = faults_of(without)
    assert faults == {"sources.chouti.url": 'missing; a source of kind "feed" needs it'}
    assert load_toml(without.replace('"feed"', '"mentions"\nvia = "news"')).sources


def test_keys_of_an_unknown_kind_are_reported_only_where_they_resemble_a_valid_key(
    faults_of, plain
):
    faults, _ = faults_of(plain.replace('"feed"', '"rss3"') + 'lst = "hot"\nevry = ""')
    assert set(faults) == {"sources.chouti.kind", "sources.chouti.evry"}
    assert faults["sources.chouti.kind"] == (
        'unknown kind "rss3"; there are: feed, page, mentions, broken'
    )


def test_a_kind_whose_code_is_broken_is_a_fault_of_the_sources_that_use_it(faults_of, plain):
    faults, _ = faults_of(plain.replace('"feed"', '"broken"') + "every = 3")
    assert faults["sources.chouti.kind"] == "the kind broken cannot be loaded"
    assert "sources.chouti.every" in faults


@pytest.mark.parametrize("kind", ["3", "['feed']", "true"])
def test_a_kind_that_is_no_string_is_reported_once(faults_of, plain, kind):
    faults, _ = faults_of(plain.replace('"feed"', kind))
    assert faults == {"sources.chouti.kind": "must be a string in quotes"}


def test_an_account_named_twice_is_posted_to_once(load_toml, plain):
    assert load_toml(plain.replace('["news"]', '["news", "news"]')).sources["chouti"].to == (
        "news",
    )


# defaults

DEFAULTS = """\
[defaults]
every = "1h"
to = ["news"]
title = "shared"
[defaults.filter]
max_age = "2d"
exclude = ["a"]
[defaults.headers]
A = "1"
B = "2"
"""


def test_a_source_inherits_what_it_does_not_set(load_toml, plain):
    own = 'title = ""\n[sources.chouti.filter]\nmax_age = ""\nexclude = ["b"]\n[sources.chouti.headers]\nB = "3"'
    source = load_toml(DEFAULTS + plain + own).sources["chouti"]
    assert (source.every, source.title) == (timedelta(hours=1), "shared")
    assert source.filter.max_age == timedelta(days=2)
    assert [item.written for item in source.filter.exclude] == ["b"]
    assert source.headers == {"A": "1", "B": "3"}


def test_an_own_interval_replaces_an_inherited_cron(load_toml, plain):
    defaults = "[defaults]\ncron = '0 9 * * mon'\n"
    source = load_toml(defaults + plain + 'every = "1m"').sources["chouti"]
    assert (source.cron, source.every) == ("", timedelta(minutes=1))
    assert load_toml(defaults + plain).sources["chouti"].cron == "0 9 * * mon"


def test_an_own_cron_goes_with_an_inherited_interval(load_toml, plain):
    toml = "[defaults]\nevery = '1h'\n" + plain + 'cron = "0 9 * * mon"'
    assert load_toml(toml).sources["chouti"].cron == "0 9 * * mon"


def test_a_fault_of_the_defaults_is_reported_once_at_its_own_line(faults_of, plain):
    toml = (
        "[defaults]\nevery = 3\nevry = 1\nto = ['nwes']\ntemplate = '{{'\ncron = '* * * * 1'\n"
        "[defaults.filter]\nmax_age = 3\nmax_aeg = 1\n[defaults.headers]\n'A B' = 'x'\nC = 3\n"
    )
    sources = "".join(
        f"[sources.s{nth}]\nkind = 'feed'\nurl = 'https://x.org'\n[sources.s{nth}.headers]\nD = 'x'\n"
        for nth in range(3)
    )
    faults, lines = faults_of(toml + plain + sources, check_template=lambda *_: "never closed")
    assert {line.split(": ")[0] for line in lines} == {
        f":{nth}" for nth in (2, 3, 4, 5, 6, 8, 9, 11, 12)
    }
    assert len(lines) == 10  # the cron is wrong twice
    assert all(path.startswith("defaults.") for path in faults)


def test_faulty_defaults_are_reported_even_where_no_source_inherits_them(faults_of):
    faults, _ = faults_of("[defaults]\nevery = 3")
    assert [*faults] == ["defaults.every"]


def test_a_faulty_default_is_reported_though_a_source_overrides_it(faults_of, plain):
    faults, _ = faults_of('[defaults]\nevery = "0s"\n' + plain + 'every = "1m"')
    assert faults == {"defaults.every": "a duration must be longer than zero"}


# templates


@pytest.mark.parametrize("name", ["link", "headline", "reblog-via", "paper", ""])
def test_a_built_in_template_is_not_checked_as_text(load_toml, plain, name):
    def check(text, *_):
        raise AssertionError(text)

    assert load_toml(plain + f'template = "{name}"', check_template=check).sources


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ('"""\nfirst\nsecond {{\n"""', 11),
        ('"""first\nsecond {{\n"""', 10),
        ('"first\\nsecond {{"', 9),
    ],
)
def test_a_template_fault_has_its_line_in_the_file(faults_of, plain, written, line):
    toml = f"{plain}title = 'x'\ntemplate = {written}\n"
    _, lines = faults_of(toml, check_template=lambda *_: "line 2: unexpected end")
    assert lines == [f":{line}: sources.chouti.template: unexpected end"]


def test_a_template_many_sources_inherit_is_checked_once(load_toml, plain):
    checked = []
    load_toml(
        "[defaults]\ntemplate = '{{ title }}'\n"
        + plain
        + plain.split("\n", 3)[3].replace("chouti", "b"),
        check_template=lambda text, *_: checked.append(text) or "",
    )
    assert checked == ["{{ title }}"]


def test_many_sources_load_without_growing_slow_by_the_square(load_toml, plain):
    many = "".join(
        f"[sources.s{nth}]\nkind = 'feed'\nurl = 'https://x.org/{nth}'\nto = ['news']\n"
        for nth in range(1000)
    )
    assert len(load_toml(plain + many).sources) == 1001


def test_a_config_shows_no_secret_when_it_is_printed(load_toml, plain):
    config = load_toml(
        "[store]\nurl = 'postgresql://u:s3cr3t@h/d'\n[http]\nproxy = 'http://u:s3cr3t@h'\n"
        "[notify]\nwebhook = 'https://x.org/s3cr3t'\n"
        + plain
        + "proxy = 'http://u:s3cr3t@h'\n[sources.chouti.headers]\nAuthorization = 's3cr3t'\n"
    )
    assert "s3cr3t" not in f"{config!r} {config}"
    assert config.sources["chouti"].headers == {"Authorization": "s3cr3t"}


def test_the_store_is_beside_its_config_whatever_the_folder_is_called(tmp_path):
    folder = tmp_path / "50%41 of b?c #1 名"
    folder.mkdir()
    path = folder / "config.toml"
    path.write_text('[store]\nurl = "sqlite:///bot.sqlite3"\n')
    assert Database(load_config(path).store.url).path == folder / "bot.sqlite3"
