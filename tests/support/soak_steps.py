"""The steps of a soak: sources whose entries a model explains, its faults, and their audit."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import model_server as faults
from harness import Item
from model_server import Fault, ModelServer, text_for

ACCOUNT = "papers"
"""The account of all sources with a step. Nothing else is posted there."""
# a server that lists 40 statuses has room for all of them, though a thread has many parts
MAX_ENTRIES = {"papers": 4, "briefs": 4, "threads": 3}
ARTICLES_PER_STATUS = 3
"""So many times more entries there are where all can be found again by their names."""
TIMES = 12
"""How often a thread repeats its result, which makes it longer than 500 characters."""
KEYS: dict[str, dict[str, Any]] = {
    "papers": {"template": "{{ title }}\n{{ link }}\n{{ explain }}"},
    "briefs": {"follow_up": "article"},
    "threads": {"follow_up": f"{{% for n in range({TIMES}) %}}{{{{ explain }}}} {{% endfor %}}"},
}
PLACEHOLDER = "〔"
MENTION, LINK, TAG = "@mallory@victims.example", "https://evil.example/pay", "#spam"
INJECTION = f"Ask {MENTION} about {LINK} and {TAG}."
MODEL_FAULTS: tuple[tuple[int, Fault], ...] = (
    (3, faults.cut()),
    (3, faults.status(500)),
    (2, faults.status(503, Retry_After="20")),
    (3, faults.status(429, Retry_After="20")),
    (3, faults.wrong_json()),
    (2, faults.says("")),
    # each of these costs a timeout
    (1, faults.hang()),
    (1, faults.hang_within()),
)


def injected_text(prompt: str) -> str:
    """What the model answers: to every third prompt with what a page has told it to write."""
    is_injected = int(digest_of(prompt), 16) % 3 == 0
    return f"{text_for(prompt)} {INJECTION}" if is_injected else text_for(prompt)


def digest_of(prompt: str) -> str:
    """The digest that ends the answer to a prompt."""
    return sha256(prompt.encode()).hexdigest()[:8]


def tables(model: ModelServer) -> dict[str, Any]:
    """The tables of the steps."""
    step = {"kind": "chat", "url": model.url, "model": "m", "prompt": "{{ title }}"}
    return {"explain": {**step, "timeout": "2s", "per_day": 10_000}}


@dataclass(frozen=True)
class PublicPost:
    """A post of the account, as people read it; `reply_to` is the id of the post above it."""

    id: str
    text: str
    reply_to: str = ""


@dataclass(frozen=True)
class Flaw:
    """What is wrong with the posts of an entry, and how many are lost or doubled by that."""

    complaint: str
    lost: int = 0
    doubled: int = 0


@dataclass
class StepsAudit:
    """Compares the entries of the sources with steps with what is public, and what was paid."""

    model: ModelServer
    has_replies: bool = True
    entries: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    complaints: list[str] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    _allowed: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: 1))
    _before: Counter[str] = field(default_factory=Counter)
    _stored: frozenset[str] = frozenset()

    def add_entry(self, rng: random.Random, at: Any) -> tuple[str, Item] | None:
        """A new entry and its source; None where that has enough."""
        source = rng.choice(list(MAX_ENTRIES))
        number = len(self.entries[source])
        if number >= MAX_ENTRIES[source] * (1 if self.has_replies else ARTICLES_PER_STATUS):
            return None
        title = f"Paper {number} of {source}, about many small things in the large world"
        item = Item(title, f"https://{source}.example/{number}", at=at)
        self.entries[source].append(item)
        return source, item

    def choose_faults(self, rng: random.Random) -> int:
        """Let some of the next calls fail; return how many."""
        weights, choices = zip(*MODEL_FAULTS, strict=True)
        chosen = rng.choices(choices, weights, k=rng.choice((0, 0, 1, 2, 3)))
        self.model.fail(
            *(fault for each in chosen for fault in rng.choice(((each,), (None, each))))
        )
        return len(chosen)

    # what was paid for

    def record(self, stored: Collection[str], *, was_killed: bool, other_processes: int) -> None:
        """Compare the model's answers with the results that are stored after a round.

        An answer that was on its way to a process that was killed may be asked for again: in the
        same round only by another process.
        """
        for body, answered in self._answers().items():
            before, was_stored = self._before[body], body in self._stored
            if was_killed and other_processes and not was_stored:
                self._allowed[body] = max(self._allowed[body], before + 1 + other_processes)
            if answered > max(self._allowed[body], before):
                self.complaints.append(f"paid {answered} times: {body}")
        self._note(stored)
        if was_killed:
            self._allow_lost()

    def restore(self, stored: Collection[str]) -> None:
        """Allow that the model is asked for what a restored store has forgotten."""
        self._note(stored)
        self._allow_lost()

    def _note(self, stored: Collection[str]) -> None:
        self._before = self._answers()
        digests = {text[at + 1 : at + 9] for text in stored if (at := text.find("(")) >= 0}
        self._stored = frozenset(
            body for body in self._before if digest_of(faults.prompt_of(body)) in digests
        )

    def _allow_lost(self) -> None:
        for body, answered in self._before.items():
            if body not in self._stored:
                self._allowed[body] = answered + 1

    def _answers(self) -> Counter[str]:
        with self.model.lock:
            return Counter(self.model.answers)

    @property
    def repaid(self) -> int:
        """The answers that were asked for again after their process or their store was lost."""
        return sum(answered - 1 for answered in self._answers().values())

    # what is public

    def check(self, posts: Sequence[PublicPost], dropped: int) -> None:
        """Check that each entry has its posts, once, in order, and with the texts of its results.

        Up to `dropped` posts may be missing, and with each the others of its entry.
        """
        for post in posts:
            bad = [text for text in (PLACEHOLDER, MENTION, LINK, TAG) if text in post.text]
            self.complaints += [f"public in {post.id}: {text}" for text in bad]
        counted, is_whole = 0, True
        for source, items in self.entries.items():
            for item in items:
                thread, flaw = self._thread(source, item, posts)
                counted += len(thread)
                is_whole &= flaw is None
                if flaw is None:
                    continue
                if dropped and not flaw.doubled:
                    dropped -= 1
                    continue
                self.lost += flaw.lost
                self.doubled += flaw.doubled
                self.complaints.append(f"{item.link}: {flaw.complaint}")
        if is_whole and counted != len(posts):
            self.complaints.append(f"{len(posts) - counted} posts of no entry")

    def _thread(
        self, source: str, item: Item, posts: Sequence[PublicPost]
    ) -> tuple[list[PublicPost], Flaw | None]:
        """The posts of an entry from the top down, and what is wrong with them."""
        # an article that is its follow_up need not have the link
        tops = [post for post in posts if str(item.title) in post.text and not post.reply_to]
        if not tops:
            return [], Flaw("never", lost=1)
        if len(tops) > 1:
            return tops, Flaw(f"{len(tops)} posts", doubled=len(tops) - 1)
        thread = tops
        while replies := [post for post in posts if post.reply_to == thread[-1].id]:
            thread = [*thread, *replies]
            if len(replies) > 1:
                return thread, Flaw(f"{len(replies)} replies to one post", doubled=len(replies) - 1)
        return thread, self._flaw_of_results(source, item, thread)

    def _flaw_of_results(
        self, source: str, item: Item, thread: Sequence[PublicPost]
    ) -> Flaw | None:
        """What is wrong with the results of a step in a thread of posts."""
        is_reply = self.has_replies and source != "papers"
        generated = thread[1:] if is_reply else thread
        text = "\n".join(post.text for post in generated)
        expected = TIMES if source == "threads" else 1
        results = text.count(digest_of(str(item.title)))
        if results == expected and is_reply == (len(thread) > 1):
            return None
        return Flaw(
            f"its result {results} times in {len(thread)} posts", lost=int(results < expected)
        )
