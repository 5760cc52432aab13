"""The document of each command that takes `--json`."""

from __future__ import annotations

from typing import Any

from reblogbot.admin.documents.accounts import AccountsDocument, LoginDocuments, LogoutDocument
from reblogbot.admin.documents.admins import PasswordDocument
from reblogbot.admin.documents.check import CheckDocument
from reblogbot.admin.documents.daemons import HealthDocument
from reblogbot.admin.documents.demo import DemoDocument
from reblogbot.admin.documents.discover import DiscoveryDocument
from reblogbot.admin.documents.errors import ErrorDocument
from reblogbot.admin.documents.history import HistoryDocument, RetractionDocument
from reblogbot.admin.documents.notices import NoticeTestDocument
from reblogbot.admin.documents.preview import PreviewDocument
from reblogbot.admin.documents.queue import (
    ChangedDeliveries,
    PostedEntries,
    QueueDetails,
    QueueDocument,
)
from reblogbot.admin.documents.source_import import SourceExportDocument, SourceImportDocument
from reblogbot.admin.documents.sources import (
    SourceAddedDocument,
    SourceChangeDocument,
    SourcesDocument,
)
from reblogbot.admin.documents.status import StatusDocument
from reblogbot.admin.documents.steps import StepRunDocument, StepsDocument
from reblogbot.admin.documents.stop import StopDocument
from reblogbot.admin.documents.store import BackupDocument, CopyDocument, PruneDocument
from reblogbot.admin.documents.sync import SyncDocument
from reblogbot.admin.documents.why import WhyDocument

# `Any`, because there is no type for "a TypedDict"
DOCUMENTS: dict[str, Any] = {
    "demo": DemoDocument,
    "check": CheckDocument,
    "login": LoginDocuments,
    "logout": LogoutDocument,
    "accounts list": AccountsDocument,
    "admin password": PasswordDocument,
    "sources list": SourcesDocument,
    "sources add": SourceAddedDocument,
    "sources set": SourceChangeDocument,
    "sources unset": SourceChangeDocument,
    "sources pause": SourceChangeDocument,
    "sources resume": SourceChangeDocument,
    "sources rename": SourceChangeDocument,
    "sources remove": SourceChangeDocument,
    "sources discover": DiscoveryDocument,
    "sources import": SourceImportDocument,
    "sources export": SourceExportDocument,
    "sync": SyncDocument,
    "preview": PreviewDocument,
    "status": StatusDocument,
    "health": HealthDocument,
    "why": WhyDocument,
    "history": HistoryDocument,
    "retract": RetractionDocument,
    "queue list": QueueDocument,
    "queue show": QueueDetails,
    "queue edit": ChangedDeliveries,
    "queue post": PostedEntries,
    "queue hold": ChangedDeliveries,
    "queue release": ChangedDeliveries,
    "queue skip": ChangedDeliveries,
    "queue retry": ChangedDeliveries,
    "step list": StepsDocument,
    "step run": StepRunDocument,
    "notify test": NoticeTestDocument,
    "stop": StopDocument,
    "start": StopDocument,
    "prune": PruneDocument,
    "backup": BackupDocument,
    "copy-store": CopyDocument,
    "error": ErrorDocument,
}
"""By command; "error" is what every command prints with exit code 2 or 3."""
