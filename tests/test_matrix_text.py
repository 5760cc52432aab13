"""The fault matrix (docs/reliability.md), security: hostile text on its way through the program."""

import pytest

from rig import Item, posted, standing

HOSTILE = {
    "tags": Item(
        "<script>alert(1)</script>Tags", "https://news.example/1", "<img src=x onerror=y>"
    ),
    "mention": Item("Hello @victim and @victim@127.0.0.1", "https://news.example/2"),
    "fullwidth": Item("Hello ＠victim", "https://news.example/3"),
    "hashtag": Item("Buy #spam now", "https://news.example/4"),
    "invisible": Item("Zero\u200bwidth \u202egnp.exe\u202c", "https://news.example/5"),
    "template": Item("{{ 7 * 7 }} {% for x in y %}", "https://news.example/6"),
    "javascript": Item("A click", "javascript:alert(1)", guid="7"),
    "data": Item("Some data", "data:text/html,<script>alert(1)</script>", guid="8"),
}


@pytest.fixture
def victim(sandbox):
    """Somebody who must not hear of any of it."""
    sandbox.add_account("victim")
    return "victim"


@pytest.mark.parametrize("template", ["link", "headline", "reblog-via", "paper"])
def test_hostile_text_pings_nobody_and_runs_nothing(bot, feeds, sandbox, victim, template):
    url = feeds.show("/f", list(HOSTILE.values()), title="@victim #list {{ 7 * 7 }}")
    bot.configure({"hot": {"url": url, "template": template}}, {"news": (sandbox, "")})
    bot.sync()
    texts = posted(sandbox)
    assert len(texts) == len(HOSTILE)
    whole = "\n".join(texts)
    statuses = sandbox.statuses("news")
    assert [status["mentions"] for status in statuses if status["mentions"]] == []
    assert [status["tags"] for status in statuses if status["tags"]] == []
    assert "javascript:" not in whole
    assert "data:" not in whole
    assert "<script" not in "".join(status["content"] for status in statuses)
    assert "49" not in whole
    assert "{{ 7 * 7 }}" in whole
    assert not set("\u200b\u202e\u202c") & set(whole)
    assert any("victim" in text for text in standing(sandbox))


def test_the_post_reads_well(bot, feeds, sandbox, victim):
    url = feeds.show("/f", [HOSTILE[name] for name in ("mention", "javascript", "invisible")])
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    bot.sync()
    assert posted(sandbox) == [
        "Zerowidth gnp.exe\nhttps://news.example/5",
        "A click",
        "Hello victim and victim (127.0.0.1)\nhttps://news.example/2",
    ]
