"""A config is edited without its secrets being seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.config.hidden_secrets import hide_secrets, restore_secrets
from reblogbot.errors import ConfigError

KEY = b"key"
CONFIG = '''
[store]
url = "postgresql://bot:5ecr3t1@db.example/bot"
[http]
proxy = "socks5://me:5ecr3t2@127.0.0.1:1080"
[notify]
webhook = "https://hooks.example/5ecr3t3"
[admin]
password_file = "page.passwords"
[accounts.news]
token_file = "news.token"
token_env = "NEWS"
[sources.a]
url = "https://example.org/@someone"
select = { author = ".author", title = "h1" }
headers = { Authorization = "Bearer \\"5ecr3t4", "X-Api-Key" = '5ecr3t5', Accept = "text/html" }
[sources.a.headers]
Cookie = """
a=5ecr3t6; "b"=5ecr3t6"""
x-auth-token="5ecr3t7"
'''


def test_no_secret_is_left_and_all_else_is():
    hidden = hide_secrets(CONFIG, KEY)
    assert "5ecr3t" not in hidden
    for kept in (
        'password_file = "page.passwords"', 'token_file = "news.token"', 'token_env = "NEWS"',
        'author = ".author"', "https://example.org/@someone", 'Accept = "text/html"',
        "@db.example/bot", "@127.0.0.1:1080",
    ):  # fmt: skip
        assert kept in hidden
    assert restore_secrets(hidden, CONFIG, KEY) == CONFIG


def test_a_hidden_value_may_be_moved_copied_replaced_and_removed():
    hidden = hide_secrets(CONFIG, KEY)
    lines = hidden.splitlines(keepends=True)
    moved = "".join(reversed(lines))
    assert sorted(restore_secrets(moved, CONFIG, KEY)) == sorted(CONFIG)
    webhook = next(line for line in lines if line.startswith("webhook"))
    copied = restore_secrets(hidden + webhook, CONFIG, KEY)
    assert copied.count("https://hooks.example/5ecr3t3") == 2
    replaced = hidden.replace(webhook, 'webhook = "https://new.example/"\n')
    assert restore_secrets(replaced, CONFIG, KEY) == CONFIG.replace(
        "hooks.example/5ecr3t3", "new.example/"
    )


def test_a_secret_that_the_file_has_no_longer_is_not_made_up():
    hidden = hide_secrets(CONFIG, KEY)
    for file, key in (
        (CONFIG.replace("5ecr3t5", "another"), KEY),
        (CONFIG, b"another key"),
        ("", KEY),
    ):
        with pytest.raises(ConfigError, match="type this value again"):
            restore_secrets(hidden, file, key)


def test_what_is_hidden_stays_so_when_it_is_shown_again():
    hidden = hide_secrets(CONFIG, KEY)
    assert hide_secrets(hidden, KEY) == hidden
    assert hide_secrets(hidden, b"another key") == hidden


@given(st.text(alphabet="token=\"' \n\\://@()#[].a-é", max_size=200))
def test_any_text_comes_back(text):
    assert restore_secrets(hide_secrets(text, KEY), text, KEY) == text


def test_a_file_with_faults_is_hidden_line_by_line():
    broken = '[notify]\nwebhook = "https://5ecr3t\n[http\ntimeout = "5s"\n'
    hidden = hide_secrets(broken, KEY)
    assert "5ecr3t" not in hidden
    assert hidden.endswith('\n[http\ntimeout = "5s"\n')
    assert restore_secrets(hidden, broken, KEY) == broken


@pytest.mark.parametrize(
    "text", ["-" * 300_000, "key='" * 60_000, "a://b" * 60_000, 'x-key="""' * 30_000]
)
def test_a_long_text_is_read_in_one_go(text):
    assert restore_secrets(hide_secrets(text, KEY), text, KEY) == text
