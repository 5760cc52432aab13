"""`accounts list`: who accounts are, whether their tokens work, what they send."""

import json

import pytest

from harness import items
from reblogbot.config.tokens import TokenRecord, write_token


@pytest.fixture
def listed(cli):
    """The accounts that are listed, by name."""

    def run(*arguments, code=0):
        ran = cli("accounts", "list", "--json", *arguments)
        assert ran.code == code, ran.err
        return {account["name"]: account for account in ran.json["accounts"]}

    return run


def test_an_account_is_known_from_its_login_and_counted(bot, feeds, sandbox, clock, listed):
    url = feeds.show("/f", items(clock, *"abc"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    assert bot.sync().counts()["sent"] == 3
    feeds.show("/f", items(clock, *"abcde"))
    token = (bot.folder / "news.token").read_text()
    assert listed() == {
        "news": {
            "name": "news",
            "server": sandbox.url,
            "acct": "",
            "software": "",
            "state": "ok",
            "reason": "",
            "token": "not_tried",
            "sent_24h": 3,
            "waiting": 0,
        }
    }
    record = TokenRecord(("read",), "@news@social.example", sandbox.url, "gotosocial")
    write_token(bot.folder / "news.token", token, record)
    account = listed()["news"]
    assert (account["acct"], account["software"]) == ("@news@social.example", "gotosocial")
    bot.set_token("news", "another-token-than-recorded")
    assert listed()["news"]["acct"] == ""


def test_what_waits_is_counted_held_deliveries_too(bot, feeds, sandbox, clock, listed):
    url = feeds.show("/f", items(clock, *"abc"))
    bot.configure({"hot": {"url": url, "review": True}}, {"news": (sandbox, "")})
    bot.sync()
    assert listed()["news"]["waiting"] == 3


def test_online_every_token_is_tried(bot, sandbox, listed, cli):
    sandbox.add_account("news")
    table = {"server": sandbox.url, "allow_http": True}
    bot.configure(
        {"hot": {"url": "https://list.example/"}},
        {
            "news": bot.account("news", sandbox),
            "refused": {**table, "token_file": "refused.token"},
            "missing": {**table, "token_file": "missing.token"},
            "unset": {**table, "token_env": "NO_SUCH_TOKEN"},
            "away": {**table, "server": "http://127.0.0.1:1", "token_file": "away.token"},
            "off": {**table, "token_file": "off.token", "enabled": False},
        },
    )
    for name in ("refused", "away", "off"):
        bot.set_token(name, "a-token-of-nobody")
    offline = {name: account["token"] for name, account in listed().items()}
    assert offline == {
        "news": "not_tried",
        "refused": "not_tried",
        "missing": "missing",
        "unset": "not_tried",
        "away": "not_tried",
        "off": "not_tried",
    }
    online = listed("--online", code=1)
    assert {name: account["token"] for name, account in online.items()} == {
        **offline,
        "news": "works",
        "refused": "refused",
        "unset": "missing",
    }
    assert online["news"]["acct"] == f"@news@{sandbox.url.removeprefix('http://')}"
    assert online["news"]["software"] == "mastodon"
    assert "no connection" in online["away"]["reason"]
    assert "HTTP 401" in online["refused"]["reason"]
    assert (online["off"]["state"], online["off"]["reason"]) == ("disabled", "")
    ran = cli("accounts", "list", "--online")
    assert ran.code == 1
    assert "a-token-of-nobody" not in ran.out + ran.err


def test_a_token_that_was_refused_at_the_last_delivery_is_listed_so(
    bot, feeds, sandbox, clock, listed
):
    url = feeds.show("/f", items(clock, "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    sandbox.revoke((bot.folder / "news.token").read_text())
    bot.sync()
    account = listed()["news"]
    assert (account["token"], account["state"]) == ("refused", "paused")
    bot.set_token("news", "another-token-altogether")
    assert listed()["news"]["token"] == "not_tried"


def test_a_list_fits_a_terminal_and_strange_names_are_harmless(bot, sandbox, cli):
    token = bot.account("news", sandbox)["token_file"]
    write_token(
        bot.folder / token,
        "a-token-as-long-as-any",
        TokenRecord(acct="@\x1b[31m新闻" + "x" * 200, software="m\x07" * 50),
    )
    bot.configure(
        {"hot": {"url": "https://list.example/"}},
        {"新闻机器人": {"server": sandbox.url, "token_file": token, "allow_http": True}},
    )
    ran = cli("accounts", "list")
    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert "\x07" not in ran.out
    assert "新闻机器人" in ran.out
    (bot.folder / "news.token.json").write_text(json.dumps({"token": 1, "scope": ["a"]}))
    assert cli("accounts", "list").code == 0


def test_a_config_without_accounts_says_how_to_add_one(bot, cli):
    bot.path.write_text("")
    ran = cli("accounts", "list")
    assert (ran.code, "`reblogbot login NAME --server URL` adds one" in ran.out) == (0, True)
    assert cli("accounts", "list", "--json").json == {"accounts": []}
    assert cli("accounts", "lsit").code == 2
