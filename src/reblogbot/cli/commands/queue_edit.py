"""`queue edit`: another text for a delivery that waits."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reblogbot.admin.documents.deliveries import delivery_json
from reblogbot.admin.documents.queue import ChangedDeliveries, FailedAction
from reblogbot.admin.queue_actions import ActionResult
from reblogbot.admin.queue_edit import edit, why_not_editable
from reblogbot.cli.editor import MAX_BYTES, edited_text
from reblogbot.cli.open_store import load_with_warning, open_to_change
from reblogbot.cli.output import print_json, print_lines
from reblogbot.errors import ConfigError, Exit
from reblogbot.model import Delivery
from reblogbot.store import Store


def run(options: argparse.Namespace) -> int:
    """Edit the text of one delivery."""
    store = open_to_change(load_with_warning(options))
    try:
        result, file = _edited(options, store)
    finally:
        store.close()
    is_kept = file is not None and not result.succeeded
    if file is not None and not is_kept:
        file.unlink(missing_ok=True)
    if options.json:
        kept = [delivery_json(result.delivery)] if result.succeeded else []
        print_json(ChangedDeliveries(deliveries=kept, failed=_failed(result)))
    else:
        print_lines(f"{result.delivery.id} {result.message}")
        if is_kept:
            print_lines(f"  your text is still in {file}")
    return Exit.OK if result.succeeded else Exit.FAILED


def _edited(options: argparse.Namespace, store: Store) -> tuple[ActionResult, Path | None]:
    """What came of the edit, and the file with the text if an editor wrote one."""
    delivery = _delivery(store, options.id)
    refusal = why_not_editable(delivery)
    if refusal is not None:
        return ActionResult(delivery, refusal, succeeded=False), None
    file = None
    if options.text is None:
        # the store is not locked while the editor is open: `edit` notices what others changed
        text, file = edited_text(delivery.post.text, is_quiet=options.json)
    elif options.text == "-":
        text = _stdin()
    else:
        text = options.text
    return edit(store, delivery, text, store.clock.now()), file


def _delivery(store: Store, number: int) -> Delivery:
    deliveries = store.outbox.find([number])
    if not deliveries:
        message = f"there is no delivery {number}; see `reblogbot queue list`"
        raise ConfigError("delivery_unknown", message)
    return deliveries[0]


def _stdin() -> str:
    if sys.stdin is None:
        raise ConfigError("usage", "--text -: standard input is closed")
    try:
        text = sys.stdin.read(MAX_BYTES + 1)
    except UnicodeDecodeError as error:
        raise ConfigError("usage", "--text -: standard input is not UTF-8 text") from error
    if len(text) > MAX_BYTES:
        raise ConfigError("usage", f"--text -: more than {MAX_BYTES} characters")
    return text


def _failed(result: ActionResult) -> list[FailedAction]:
    if result.succeeded:
        return []
    return [{"id": result.delivery.id, "reason": result.message}]
