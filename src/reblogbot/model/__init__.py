"""The frozen values every part of the program uses; each module here is one noun."""

from reblogbot.model.batch import Batch, Validators
from reblogbot.model.delivery import (
    KEPT_NOTE,
    OPEN_STATES,
    PART_OF_DIGEST,
    PART_OF_DIGEST_NOTE,
    POSTED_STATES,
    RENDERED_AGAIN_NOTE,
    REVIEW_NOTE,
    STORM,
    STORM_NOTE,
    TAKEN_BACK,
    TRANSITIONS,
    Delivery,
    DeliveryState,
    QueueHead,
    SentPost,
)
from reblogbot.model.entry import Author, Entry, Media, Visibility
from reblogbot.model.evidence import MatchFields, SourceHabits
from reblogbot.model.history import EditablePost, RecentPosts, SourceHistory
from reblogbot.model.plan import Candidate, EntryChange, Intent, Plan, Refusal, Revision
from reblogbot.model.post import Action, Image, Markup, Post, PublishedStatus, Receipt, ServerLimits
from reblogbot.model.states import AccountState, SourceState, TokenState

__all__ = [
    "KEPT_NOTE",
    "OPEN_STATES",
    "PART_OF_DIGEST",
    "PART_OF_DIGEST_NOTE",
    "POSTED_STATES",
    "RENDERED_AGAIN_NOTE",
    "REVIEW_NOTE",
    "STORM",
    "STORM_NOTE",
    "TAKEN_BACK",
    "TRANSITIONS",
    "AccountState",
    "Action",
    "Author",
    "Batch",
    "Candidate",
    "Delivery",
    "DeliveryState",
    "EditablePost",
    "Entry",
    "EntryChange",
    "Image",
    "Intent",
    "Markup",
    "MatchFields",
    "Media",
    "Plan",
    "Post",
    "PublishedStatus",
    "QueueHead",
    "Receipt",
    "RecentPosts",
    "Refusal",
    "Revision",
    "SentPost",
    "ServerLimits",
    "SourceHabits",
    "SourceHistory",
    "SourceState",
    "TokenState",
    "Validators",
    "Visibility",
]
