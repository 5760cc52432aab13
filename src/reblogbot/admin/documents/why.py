"""The document of `why`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from reblogbot.admin.documents.deliveries import (
    DeliveryRow,
    WaitFields,
    delivery_json,
    wait_json,
)
from reblogbot.admin.documents.instants import instant_json
from reblogbot.admin.documents.steps import StepResultRow, step_result_json
from reblogbot.core.waits import Wait
from reblogbot.model import DeliveryState

if TYPE_CHECKING:
    from reblogbot.store.history import Story
    from reblogbot.store.steps import StepRecord


class RefusalRow(TypedDict):
    """Why an entry is not posted by an account."""

    account: str
    reason: str


class EventRow(TypedDict):
    """One step of a delivery."""

    at: str
    state: DeliveryState
    note: str


class DeliveryStory(DeliveryRow, WaitFields):
    """A delivery with its steps, oldest first."""

    waits_for: list[str]
    """The steps whose results its text still lacks."""
    events: list[EventRow]


class EntryStory(TypedDict):
    """One entry of one source: when it was seen, its refusals, and its deliveries."""

    source: str
    source_habits: list[str]
    """Remarks about the source."""
    title: str
    link: str
    guid: str
    seen_at: str
    refusals: list[RefusalRow]
    steps: list[StepResultRow]
    """What steps returned for the entry, in the order in which they were asked."""
    deliveries: list[DeliveryStory]


class WhyDocument(TypedDict):
    """The entries that the words, the link or the id mean."""

    entries: list[EntryStory]


def story_json(
    story: Story,
    remarks: Sequence[str],
    waits: Mapping[int, Wait | None],
    steps: Sequence[StepRecord],
) -> EntryStory:
    """One entry of `why`, with remarks about its source; `waits` has the deliveries' numbers.

    `steps` are what steps returned for the entry.
    """
    return {
        "source": story.source,
        "source_habits": list(remarks),
        "title": story.title,
        "link": story.link,
        "guid": story.guid,
        "seen_at": instant_json(story.seen_at),
        "refusals": [{"account": account, "reason": reason} for account, reason in story.refusals],
        "steps": list(map(step_result_json, steps)),
        "deliveries": [
            {
                **delivery_json(delivery),
                **wait_json(waits[delivery.id]),
                "waits_for": list(delivery.waits_for),
                "events": [
                    {
                        "at": instant_json(event.at),
                        "state": DeliveryState(event.state),
                        "note": event.note,
                    }
                    for event in events
                ],
            }
            for delivery, events in story.deliveries
        ],
    }
