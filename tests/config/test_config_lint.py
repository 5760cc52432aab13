"""A valid config gets warnings about questionable values, each at its line."""

import pytest

from reblogbot.config.lint import find_warnings


@pytest.fixture
def warnings(load_toml, config_file, tmp_path):
    """What is messages of a config whose token file is as it should be, as `line: path: message`."""

    def messages(toml, mode=0o600, token=0o600):
        config = load_toml(toml)
        file = tmp_path / "news.token"
        file.write_text("0123456789abcdef")
        file.chmod(token)
        config_file.chmod(mode)
        return [
            f"{warning.line}: {warning.path}: {warning.message}"
            for warning in find_warnings(config, {})
        ]

    return messages


def test_a_plain_config_has_no_warnings(warnings, plain):
    assert warnings(plain, mode=0o644) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('every = "30s"', "8: sources.chouti.every: polls more than once a minute"),
        ('first = "all"', "8: sources.chouti.first: posts every entry"),
        ("hashtags = 11", "8: sources.chouti.hashtags: more than 10"),
        ("filter.max_age = '5m'", "8: sources.chouti.filter.max_age: is shorter than every"),
        ("enabled = false", "8: sources.chouti.enabled: this source is disabled"),
    ],
)
def test_a_questionable_value_of_a_source_is_warned_of_at_its_line(warnings, plain, line, expected):
    assert any(warning.startswith(expected) for warning in warnings(plain + line))


@pytest.mark.parametrize(
    ("kind", "filter_", "expected"),
    [
        ('kind = "feed"\nurl = "https://x.example/"', "max_per_author = 2", "counts only entries"),
        (
            'kind = "page"\nurl = "https://x.example/"\nselect = { item = "li" }',
            "max_per_author = 2",
            "has no effect",
        ),
        ('kind = "mentions"\nvia = "news"', "max_per_author = 2", ""),
        (
            'kind = "feed"\nurl = "https://x.example/"',
            "needs_indexable = true",
            "has no effect except",
        ),
        ('kind = "mentions"\nvia = "news"', "needs_discoverable = true", ""),
        ('kind = "mentions"\nvia = "news"', "opt_outs = false", "boosts people who"),
        ('kind = "feed"\nurl = "https://x.example/"', "opt_outs = false", ""),
    ],
)
def test_a_filter_on_authors_that_a_source_does_not_name_is_warned_of(
    warnings, plain, kind, filter_, expected
):
    source = f'\n[sources.x]\n{kind}\nto = ["news"]\n[sources.x.filter]\n{filter_}\n'
    messages = [warning.partition(": ")[2] for warning in warnings(plain + source)]
    assert [
        item.startswith(f"sources.x.filter.{filter_.split()[0]}: {expected}") for item in messages
    ] == ([True] if expected else [])


def test_an_interval_that_a_cron_line_replaces_is_not_warned_of(warnings, plain):
    assert warnings('[defaults]\nevery = "1s"\n' + plain + "cron = '0 9 * * mon'") == []


def test_a_config_without_enabled_sources_is_warned_of(warnings, plain):
    assert "0: sources: there are no sources: nothing will be posted" in warnings("")
    assert any(
        "every source is disabled" in warning for warning in warnings(plain + "enabled = false")
    )


def test_a_useless_or_too_wide_exception_is_warned_of(warnings, plain):
    allowed = '"[::1]:80", "10.0.0.0/8", "127.0.0.0/16", "::1/128", "example.org:443"'
    messages = warnings(f"[http]\nallow_private = [{allowed}]\n" + plain)
    assert [item.partition(": ")[2] for item in messages] == [
        "http.allow_private[0]: no source or account of this config has this host and port",
        *(
            f"http.allow_private[{at}]: covers this machine: a link in any feed may then reach "
            "its services"
            for at in (2, 3)
        ),
    ]


def test_an_account_that_no_source_uses_is_warned_of(warnings, plain):
    other = '[accounts.other]\nserver = "https://x.example"\ntoken_file = "news.token"\n'
    assert warnings(plain + other) == ["8: accounts.other: no source uses this account"]
    reads = '[sources.m]\nkind = "mentions"\nvia = "other"\nto = ["news"]\n'
    assert warnings(plain + other + reads) == []
    assert warnings(plain + other + '[notify]\naccount = "other"\nto = "@a@b.example"') == []


def test_a_source_whose_accounts_are_all_disabled_is_warned_of(warnings, plain):
    messages = warnings(plain.replace("[sources", "enabled = false\n[sources"))
    assert messages == ["8: sources.chouti.to: every account of this source is disabled"]


def test_a_token_that_others_can_read_is_warned_of_with_the_remedy(warnings, plain):
    messages = warnings(plain, token=0o644)
    assert messages == [
        "3: accounts.news.token_file: other users can read the token; run chmod 600 news.token"
    ]


def test_a_short_token_is_warned_of(load_toml, plain, tmp_path):
    (tmp_path / "news.token").write_text("0123456789abcde")
    (tmp_path / "news.token").chmod(0o600)
    (messages,) = find_warnings(load_toml(plain))
    assert (messages.path, messages.line) == ("accounts.news.token_file", 3)
    assert "shorter than any server's" in messages.message
    assert "0123" not in messages.message


def test_the_error_for_a_missing_token_names_the_path(load_toml, plain, tmp_path):
    (messages,) = find_warnings(load_toml(plain), {})
    assert (messages.path, messages.line) == ("accounts.news.token_file", 3)
    assert messages.message.startswith(f"no token ({tmp_path}/news.token: No such file")


def test_a_token_from_systemd_has_no_warning(load_toml, plain, tmp_path):
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "news.token").write_text("0123456789abcdef")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    assert find_warnings(load_toml(plain), environ) == []


@pytest.mark.parametrize(
    ("secret", "path"),
    [
        ("[store]\nurl = 'postgresql://u:s3cr3t@h/d'\n", "store.url"),
        ("[http]\nproxy = 'http://u:s3cr3t@h:1'\n", "http.proxy"),
    ],
)
def test_a_secret_in_a_file_everybody_may_read_is_told_but_not_repeated(
    warnings, plain, secret, path
):
    messages = warnings(secret + plain, mode=0o644)
    assert [item.split(": ")[1] for item in messages] == [path]
    assert "chmod 600 config.toml" in messages[0]
    assert "s3cr3t" not in messages[0]
    assert warnings(secret + plain, mode=0o600) == []


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "X-Api-Key", "PRIVATE-TOKEN"])
def test_a_secret_header_counts_as_one(warnings, plain, name):
    headers = "[sources.chouti.headers]\nAccept = 'x'\n"
    assert warnings(plain + headers, mode=0o644) == []
    messages = warnings(f"{plain}{headers}{name} = 's3cr3t'", mode=0o644)
    assert messages[0].startswith(f"10: sources.chouti.headers.{name}: holds a secret")


def test_a_config_that_every_user_can_write_is_warned_of(warnings, plain):
    assert any(
        "every user can write this file" in warning for warning in warnings(plain, mode=0o666)
    )


def test_http_to_another_machine_is_warned_of(warnings, plain):
    far = plain.replace("https://social.example", "http://10.0.0.1").replace(
        "token_file", "allow_http = true\ntoken_file"
    )
    assert warnings(far) == [
        "2: accounts.news.server: the token is sent over the network unencrypted"
    ]
    for near in ("http://127.0.0.1:1", "http://localhost", "http://[::1]:80"):
        assert warnings(far.replace("http://10.0.0.1", near)) == []


def test_a_config_file_that_has_gone_still_gets_its_warnings(load_toml, plain, config_file):
    config = load_toml(plain + 'first = "all"')
    config_file.unlink()
    assert {warning.line for warning in find_warnings(config, {})} == {0}


@pytest.mark.parametrize(
    ("pace", "is_told"),
    [
        ("per_hour = 31", True),
        ('per_hour = 31\ngap = "1m"', False),
        ("per_hour = 30", False),
    ],
)
def test_posts_in_bursts_are_warned_of(warnings, plain, pace, is_told):
    messages = warnings(f"{plain}[accounts.news.pace]\n{pace}\n")
    assert any("without a gap come in bursts" in item for item in messages) == is_told


@pytest.mark.parametrize(
    ("quiet", "is_told"),
    [
        ('["00:00-12:00", "12:00-24:00"]', True),
        ('["18:00-09:00", "08:00-19:00"]', True),
        ('["00:00-23:59"]', False),
        ("[]", False),
    ],
)
def test_quiet_hours_without_an_end_are_warned_of(warnings, plain, quiet, is_told):
    messages = warnings(f"{plain}[accounts.news.pace]\nquiet = {quiet}\n")
    assert any("nothing will ever be posted" in item for item in messages) == is_told


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('[steps.translate]\nkind = "command"\ncommand = "./translate --to zh"', ""),
        ('[steps.translate]\nkind = "command"\ncommand = "./translat"', "steps.translate.command: there is no such"),
        ('[accounts.blog]\nkind = "files"\nfolder = "posts"', ""),
        ('[accounts.blog]\nkind = "files"\nfolder = "new"', ""),
        ('[accounts.blog]\nkind = "files"\nfolder = "translate"', "accounts.blog.folder: is a file"),
        ('[accounts.blog]\nkind = "files"\nfolder = "new"\nfeed = "posts"', "accounts.blog.feed: is a folder"),
    ],
)  # fmt: skip
def test_programs_and_folders_that_cannot_be_used_are_warned_of(
    warnings, plain, tmp_path, table, expected
):
    (tmp_path / "translate").touch(0o700)
    (tmp_path / "posts").mkdir()
    messages = [
        warning.partition(": ")[2]
        for warning in warnings(f"{plain}\n{table}\n")
        if "no source" not in warning
    ]
    if expected:
        (message,) = messages
        assert message.startswith(expected)
    else:
        assert messages == []


LISTEN = 'listen = "0.0.0.0:8330"\n'
PASSWORDS = 'password_file = "page.passwords"\n'


@pytest.mark.parametrize(
    ("admin", "expected"),
    [
        ('listen = "127.0.0.1:8330"\n', []),
        ('listen = "localhost:8330"\n' + PASSWORDS, []),
        (LISTEN, ["listen: other machines can reach this address, and it asks for no password"]),
        (LISTEN + PASSWORDS, ["listen: other machines can reach this address, and passwords reach it unencrypted"]),
        (LISTEN + PASSWORDS + 'url = "https://bots.example/"\n', []),
        (LISTEN + PASSWORDS + 'url = "http://bots.example/"\n', ["listen: other machines", "url: passwords and sessions are sent over the network unencrypted"]),
        ('listen = "[::1]:8330"\nurl = "http://bots.lan/"\n' + PASSWORDS, []),
        ('listen = "[::1]:8330"\nurl = "http://192.168.1.2/"\n' + PASSWORDS, []),
        ('listen = "[::1]:8330"\nurl = "http://8.8.8.8/"\n' + PASSWORDS, ["url: passwords and sessions"]),
        (PASSWORDS, ["password_file: has no effect without listen"]),
        ('listen = "[::1]:8330"\npublic_status = true\nurl = "https://bots.example/"\n', ["url: has no effect without password_file", "public_status: has no effect without password_file"]),
        ("feeds = true\n", ["feeds: has no effect without listen"]),
        ('listen = "[::1]:8330"\nfeeds = true\nurl = "https://bots.example/"\n', []),
    ],
)  # fmt: skip
def test_a_page_that_others_may_reach_is_warned_of(warnings, plain, tmp_path, admin, expected):
    file = tmp_path / "page.passwords"
    file.touch(0o600)
    messages = [
        warning.partition(": ")[2].removeprefix("admin.")
        for warning in warnings(f"{plain}\n[admin]\n{admin}")
    ]
    for message, beginning in zip(sorted(messages), sorted(expected), strict=True):
        assert message.startswith(beginning)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (None, "there is no such file, so there is no page; run `reblogbot admin password`"),
        ("folder", "cannot be read, so there is no page: Is a directory"),
        (0o600, ""),
        (0o640, "other users can read the hashes of the passwords; run chmod 600 page.passwords"),
        (0o604, "other users can read the hashes of the passwords; run chmod 600 page.passwords"),
        (0o620, "other users can set passwords; run chmod 600 page.passwords"),
    ],
)
def test_a_password_file_that_cannot_be_used_or_that_others_can_is_warned_of(
    warnings, plain, tmp_path, mode, expected
):
    file = tmp_path / "page.passwords"
    if mode == "folder":
        file.mkdir(0o700)
    elif mode is not None:
        file.touch()
        file.chmod(mode)
    messages = warnings(f'{plain}\n[admin]\nlisten = "127.0.0.1:8330"\n{PASSWORDS}')
    at = [message.partition(": admin.password_file: ")[2] for message in messages]
    assert at == ([expected] if expected else [])
