"""The sandbox's instance with odd ids, and its state with what the tests judge by."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fediverse.ids import spell
from reblogbot.sandbox.instance import Instance
from reblogbot.sandbox.journal import Fact, Journal
from reblogbot.sandbox.records import Status
from reblogbot.sandbox.state import State
from reblogbot.sandbox.uploads import Files


@dataclass(frozen=True, slots=True)
class KeyUse:
    """The outcome of an Idempotency-Key: a status or a whole answer, at the fact `seq`."""

    seq: int
    at: datetime
    status_id: str = ""
    answer: dict[str, Any] | None = None


class ObservedState(State):
    """A state that also lists the accepted acts and keeps each use of a key."""

    def __init__(self) -> None:
        super().__init__()
        self.accepted: list[Fact] = []
        self.key_uses: dict[tuple[str, str], KeyUse] = {}
        """By (scope, key); the scope is an account's id, or "" where accounts share keys."""

    def apply(self, fact: Fact) -> None:
        act = None if fact.get("seeded") else self._act(fact)
        super().apply(fact)
        if act is not None:
            self.accepted.append(act)

    def _act(self, fact: Fact) -> Fact | None:
        """The act that a fact records; called before a deleted status is gone."""
        kind, values = fact["kind"], fact["what"]
        if kind not in ("post", "boost", "edit", "delete"):
            return None
        status = self.statuses.get(values["id"])
        account_id = status.account_id if status else values["account_id"]
        act = {
            "seq": fact["seq"],
            "account": self.accounts[account_id].acct,
            "act": "unboost" if kind == "delete" and status.boost_of else kind,
            "id": values["id"],
        }
        if kind == "boost":
            act["uri"] = fact["uri"]
        else:
            act["text"] = status.text if kind == "delete" else values["text"]
        return act | {"key": fact.get("key", "")}

    def _apply_post(self, values: Fact, fact: Fact) -> None:
        super()._apply_post(values, fact)
        if key := fact.get("key"):
            at = datetime.fromisoformat(fact["at"])
            use = KeyUse(fact["seq"], at, status_id=values["id"])
            self.key_uses[values["account_id"], key] = use

    def _apply_key(self, values: Fact, fact: Fact) -> None:
        at = datetime.fromisoformat(fact["at"])
        use = KeyUse(fact["seq"], at, answer=values["answer"])
        self.key_uses[values["scope"], values["key"]] = use


class OddInstance(Instance):
    """An instance whose ids look as those of its kind of server do."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.processing: dict[str, int] = {}
        """How often media, by id, will still be reported as being processed; -1 is for ever."""

    def dry_run(self) -> OddInstance:
        """A copy in which anything may happen and nothing is kept."""
        twin = OddInstance(
            self.profile, self.clock, Journal(None), Files(None), copy.deepcopy(self.state)
        )
        twin.origin = self.origin
        twin._last_ranks = self._last_ranks  # an id that was shown once is never used again
        return twin

    def new_id(self, rank: int) -> str:
        return spell(rank, self.profile.ids)

    def boost_id(self, boost: Status) -> str:
        """Its own id, or on snac that of the original in upper case."""
        return boost.boost_of.upper() if self._shows_upper_case() else boost.id

    def find_status(self, status_id: str) -> Status | None:
        status = super().find_status(status_id)
        if status is None and self._shows_upper_case() and status_id.isupper():
            boosts = self.state.boosts[status_id.lower()]
            status = next((self.state.statuses[boost_id] for boost_id in boosts), None)
        return status

    def _shows_upper_case(self) -> bool:
        return self.profile.boost_answer == "upper_case_id"
