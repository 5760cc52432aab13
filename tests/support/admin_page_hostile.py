"""Texts that attack the admin's page, and a store and a config that are full of them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import tomlkit
from sqlalchemy import Connection, create_engine, select, update

from harness import Bot
from reblogbot.store.schema import account, daemon, delivery, entry, source

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATTACKS = (
    "\"'><script>{run}</script><img src=//evil.example/{number} onerror={run}><svg/onload={run}>"
    "<iframe srcdoc='<script>parent.{run}</script>'></iframe><a href=javascript:{run}>x</a>"
    "{{{{7*7}}}}{{% raw %}}%(x)s%s{{x}}{{0.__class__}}&lt;b&gt;&#60;&amp;"
    "</textarea></title></noscript></style></template>--><style>*{{display:none}}</style>"
)
ODD = "\x00\u2028\u202e\u2066\x85\ufeffz" + "\u0300\u0489" * 40
"""No text: a NUL, a separator, changes of direction, and a heap of accents."""
CANARY = "window.canary = (number) => console.error(`canary ${number} was run`);"
"""The script of a browser that tells of each attack that worked."""
SOURCE = "s\"'><img src=x onerror=canary(901)>&/?#%25 {x}%(x)s"
ACCOUNT = "a\"'><svg onload=canary(902)>&/?#%25 {x}%(x)s"
LINKS = (
    "javascript:canary(903)",
    " JaVa\tscript:canary(904)",
    "data:text/html,<script>canary(905)</script>",
    "vbscript:canary(906)",
    "//evil.example/907",
    "http:canary(908)",
    "https://news.example/\"'><img src=x onerror=canary(909)>",
    "http://[",
)
"""Addresses that lead nowhere, or that have more in them than an address."""


@dataclass
class Canaries:
    """The hostile text of each place, by the name of the place."""

    texts: dict[str, str] = field(default_factory=dict)

    def text(self, place: str) -> str:
        """A text that runs `canary` wherever it is not kept a text."""
        number = len(self.texts) + 1
        attacks = _ATTACKS.format(run=f"canary({number})", number=number)
        self.texts[place] = f"{place} {attacks}"
        return self.texts[place]


@contextmanager
def _rows(bot: Bot) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{bot.store_file}")
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def rename(bot: Bot, names: Mapping[str, str]) -> None:
    """Give sources and accounts other names, in the config and in the store."""
    config = tomlkit.parse(bot.path.read_text("utf-8")).unwrap()
    for table in ("sources", "accounts"):
        config[table] = {names.get(name, name): keys for name, keys in config[table].items()}
    for keys in config["sources"].values():
        keys["to"] = [names.get(name, name) for name in keys["to"]]
    bot.path.write_text(tomlkit.dumps(config), "utf-8")
    with _rows(bot) as rows:
        for column in (source.c.name, account.c.name, delivery.c.source, delivery.c.account):
            for old, new in names.items():
                change = update(column.table).where(column == old).values({column: new})
                rows.execute(change)


def fill_store(bot: Bot, canaries: Canaries, ending: str = ODD) -> None:
    """Put a hostile text into each place of the store, whatever else keeps such out of it.

    Some deliveries become boosts and quotes, and one has failed.
    """

    def text(place: str) -> str:
        return canaries.text(place) + ending

    person = {"name": text("author"), "address": canaries.text("address")}
    media = [
        {"url": link, "alt": text(f"picture {number}"), "mime": "image/png"}
        for number, link in enumerate(LINKS)
    ]
    words: dict[str, Any] = {"spoiler": text("warning"), "media": media}
    status = {"title": "", "summary": text("status"), "categories": [text("category")], **words}
    post = {"text": text("post"), **words}
    with _rows(bot) as rows:
        rows.execute(update(entry).values(title=text("title"), guid=text("guid")))
        rows.execute(update(source).values(title=text("feed")))
        rows.execute(update(source).where(source.c.error != "").values(error=text("failure")))
        rows.execute(update(account).where(account.c.cause != "").values(reason=text("reason")))
        rows.execute(update(daemon).values(host=text("host"), version=text("version")))
        for row in rows.execute(select(entry)).all():
            link = LINKS[row.id % len(LINKS)]
            author = ((row.content or {}).get("author") or {}) | person
            content = row.content and {**row.content, **status, "link": link, "author": author}
            rows.execute(
                update(entry).where(entry.c.id == row.id).values(link=link, content=content)
            )
        for row in rows.execute(select(delivery)).all():
            link = LINKS[row.id % len(LINKS)]
            action = "post" if row.state == "sent" else ("post", "boost", "quote")[row.id % 3]
            values: dict[str, Any] = {"post": {**row.post, **post, "action": action, "uri": link}}
            if row.state == "sent":
                values["remote_url"] = link
            elif row.id % 5 == 0:
                failed_at = bot.clock.now() - timedelta(hours=1)
                values |= {"state": "dead", "error": text("error"), "settled_at": failed_at}
            rows.execute(update(delivery).where(delivery.c.id == row.id).values(values))


def change_error(bot: Bot, text: str) -> None:
    """Let all failed deliveries have failed for another reason."""
    with _rows(bot) as rows:
        rows.execute(update(delivery).where(delivery.c.state == "dead").values(error=text))
