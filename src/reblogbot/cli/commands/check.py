"""`check`: validate the config, and try its tokens, steps and sources."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from reblogbot import app
from reblogbot.admin import online_check
from reblogbot.admin.documents.check import ParserRow, check_json, invalid_config_json
from reblogbot.admin.online_check import OnlineCheck
from reblogbot.cli.output import print_json, print_lines
from reblogbot.cli.phrases import counted
from reblogbot.cli.progress import progress
from reblogbot.config.lint import Warnings, find_warnings, with_lines
from reblogbot.config.settings import Config
from reblogbot.errors import ConfigError, Exit, SourceError
from reblogbot.ports import ProgressCallback
from reblogbot.runtime.parser_pool import ParserProcessPool

if TYPE_CHECKING:
    from reblogbot.core.step_warnings import StepInput


def run(options: argparse.Namespace) -> int:
    """Validate the config; with `--online` also try every token, step and source."""
    try:
        config = app.load_config(options.config)
    except ConfigError as error:
        return _report_faults(error, as_json=options.json)
    warnings = find_warnings(config, others=_step_warnings(config))
    inputs = _step_inputs(config)
    protections, parser_error = _try_parser()
    checks = _try_online(config, options) if options.online else []
    failed = [check for check in checks if check.error]
    if options.json:
        faults = with_lines(config.path, [check.fault() for check in failed])
        parser: ParserRow = {"protections": list(protections), "error": parser_error}
        print_json(check_json(faults, warnings, parser, checks, inputs))
        return Exit.FAILED if failed or parser_error else Exit.OK
    for warning in warnings:
        place = f"{options.config}:{warning.line}" if warning.line else f"{options.config}"
        print_lines(f"{place}: warning: {': '.join(filter(None, (warning.path, warning.message)))}")
    confined_by = " and ".join(protections) or "neither Landlock nor seccomp: this system has none"
    print_lines(f"parser process: {parser_error or f'confined by resource limits, {confined_by}'}")
    print_lines(*(each.text for each in inputs))
    for check in checks:
        finding = check.error or check.finding
        # the errors of steps name their step themselves
        is_named = finding.startswith(check.path)
        print_lines(finding if is_named else f"{check.path}: {finding}")
        print_lines(*(f"{check.path}: warning: {warning}" for warning in check.warnings))
    print_lines(f"{options.config}: {_verdict(config, len(failed), len(checks), parser_error)}")
    return Exit.FAILED if failed or parser_error else Exit.OK


def _step_warnings(config: Config) -> Warnings:
    # few admins have steps or templates, and importing Jinja2 takes long
    if config.steps or any(source.page_text for source in config.sources.values()):
        from reblogbot.core.step_warnings import step_warnings  # noqa: PLC0415

        yield from step_warnings(config)


def _step_inputs(config: Config) -> list[StepInput]:
    if not config.steps:
        return []
    from reblogbot.core.step_warnings import step_inputs  # noqa: PLC0415

    return step_inputs(config)


def _report_faults(error: ConfigError, *, as_json: bool) -> int:
    if as_json:
        print_json(invalid_config_json(error))
        return error.exit_code
    if not error.faults:
        raise error
    # the faults are the result of this command, so they go to stdout
    print_lines(*error.message.splitlines())
    return error.exit_code


def _verdict(config: Config, failed: int, tried: int, parser_error: str) -> str:
    """The last line; it says `no faults` only if nothing failed."""
    size = f"{counted(len(config.sources), 'source')}, {counted(len(config.accounts), 'account')}"
    if failed:
        return f"{failed} of {tried} online checks failed, see above; {size}"
    return f"the parser process failed, see above; {size}" if parser_error else f"no faults; {size}"


def _try_parser() -> tuple[tuple[str, ...], str]:
    """What confines the parser process, and why it cannot start, or ""."""

    async def start() -> tuple[str, ...]:
        async with ParserProcessPool() as pool:
            return await pool.protections()

    try:
        return asyncio.run(start()), ""
    except SourceError as error:
        return (), error.message


def _try_online(config: Config, options: argparse.Namespace) -> list[OnlineCheck]:
    store = app.open_to_read(config)

    async def check_all(on_progress: ProgressCallback) -> list[OnlineCheck]:
        async with app.running(config, store) as runtime:
            return await online_check.check_all(runtime.engine, on_progress)

    try:
        with progress(quiet=options.json, as_json=options.json_progress) as on_progress:
            return asyncio.run(check_all(on_progress))
    finally:
        store.close()
