"""`preview`: show what a round would post."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping, Sequence

from reblogbot import app
from reblogbot.admin.documents.preview import preview_json
from reblogbot.cli.commands.sync import select_sources
from reblogbot.cli.output import print_bold, print_json, print_lines
from reblogbot.cli.progress import progress
from reblogbot.engine.preview import PlannedPost, Preview, preview, preview_again
from reblogbot.errors import Exit
from reblogbot.model import Post
from reblogbot.ports import ProgressCallback


def run(options: argparse.Namespace) -> int:
    """Show what a round would post."""
    config = app.load_config(options.config)
    names = select_sources(config, options.sources)
    # results of steps are kept
    store = app.open_for_work(config) if options.run_steps else app.open_to_read(config)

    async def plan_round(on_progress: ProgressCallback) -> Preview:
        async with app.running(config, store) as runtime:
            preview_of = preview_again if options.again else preview
            return await preview_of(runtime.engine, names, on_progress, run_steps=options.run_steps)

    with progress(quiet=options.json, as_json=options.json_progress) as on_progress:
        planned = asyncio.run(plan_round(on_progress))
    store.close()
    if options.json:
        print_json(preview_json(planned, options.limit))
    else:
        _print_preview(planned, options.limit)
    return Exit.FAILED if planned.errors else Exit.OK


def _print_preview(planned: Preview, limit: int | None) -> None:
    for each in planned.posts[:limit]:
        print_planned(each, planned.beginnings)
    omitted = len(planned.posts) - len(planned.posts[:limit])
    if omitted:
        print_lines(f"… and {omitted} more")
    for refusal in planned.refused:
        title = refusal["title"] or refusal["link"]
        print_lines(
            f"- {refusal['source']} → {refusal['account']}: {title}", f"  {refusal['reason']}"
        )
    for error in planned.errors:
        print_lines(f"! {error['source']}: {error['error']}")
    print_lines(
        f"{len(planned.posts)} to post, {len(planned.refused)} filtered, "
        f"{len(planned.errors)} failed"
    )


def print_planned(planned: PlannedPost, beginnings: Mapping[str, str]) -> None:
    """Print a post of a preview, whose `beginnings` are those of boosted statuses."""
    remarks = ["reply"] * planned.is_reply
    remarks += [f"waits for {', '.join(planned.waits_for)}"] * bool(planned.waits_for)
    remarks += [f"held: {planned.held}"] * bool(planned.held)
    beginning = beginnings.get(planned.post.uri, "")
    print_post(planned.account, planned.source, planned.post, beginning, remarks)


def print_post(
    account: str, source: str, post: Post, boosted_text: str, remarks: Sequence[str] = ()
) -> None:
    """Print a post as it would be published; `boosted_text` is how a boosted status begins."""
    details = [post.visibility, post.language, f"{post.length}/{post.limit}", *remarks]
    if post.spoiler:
        details.append(f"CW {post.spoiler}")
    action = f"{post.action} of {post.uri}" if post.action != "post" else "post"
    print_bold(f"{source} → {account}  {action}  ({', '.join(filter(None, details))})")
    if post.action == "boost":
        lines = [f"“{boosted_text}”"] if boosted_text else []
    else:
        lines = post.text.splitlines()
    print_lines(*(f"  {line}".rstrip() for line in lines), "")
