"""The frozen values every part of the program uses; each module here is one noun."""

from reblogbot.model.batch import Batch, Validators
from reblogbot.model.delivery import (
    OPEN,
    PART_OF,
    RENDERED_ANEW,
    TRANSITIONS,
    Delivery,
    Sent,
    State,
)
from reblogbot.model.entry import Author, Entry, Media, Visibility
from reblogbot.model.evidence import Habits, MatchFields
from reblogbot.model.history import EditablePost, Recent, SourceHistory
from reblogbot.model.plan import Candidate, Change, Intent, Plan, Refusal, Revision
from reblogbot.model.post import Action, Image, Limits, Markup, Post, PublishedStatus, Receipt

__all__ = [
    "OPEN",
    "PART_OF",
    "RENDERED_ANEW",
    "TRANSITIONS",
    "Action",
    "Author",
    "Batch",
    "Candidate",
    "Change",
    "Delivery",
    "EditablePost",
    "Entry",
    "Habits",
    "Image",
    "Intent",
    "Limits",
    "Markup",
    "MatchFields",
    "Media",
    "Plan",
    "Post",
    "PublishedStatus",
    "Receipt",
    "Recent",
    "Refusal",
    "Revision",
    "Sent",
    "SourceHistory",
    "State",
    "Validators",
    "Visibility",
]
