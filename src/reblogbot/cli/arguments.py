"""The commands and their arguments.

Nothing heavy is imported here. A command names its function as text, and its module is imported
when the command runs: `--help` must answer at once, and a round must import only what it uses.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from reblogbot.cli.output import decoded

MAX_COUNT = 10**12
"""A greater count on the command line means as much as this one: everything."""

_QUEUE_CHANGES = {
    "hold": "keep queued deliveries back until they are released",
    "release": "let held deliveries go out",
    "skip": "never send these queued or held deliveries",
    "retry": "queue dead or skipped deliveries again",
}


def add_commands(subparsers: Any, global_options: argparse.ArgumentParser) -> None:
    """Add all commands, in the order of the help."""
    commands = _Group(subparsers, global_options)
    _add_trial_commands(commands)
    _add_setup_commands(commands)
    _add_account_commands(commands)
    _add_source_commands(commands)
    _add_work_commands(commands)
    _add_report_commands(commands)
    _add_history_commands(commands)
    _add_queue_commands(commands)
    _add_step_commands(commands)
    _add_store_commands(commands)
    _add_shell_commands(commands)


class _Group:
    """The commands of the program, or the verbs of one command."""

    def __init__(self, subparsers: Any, global_options: argparse.ArgumentParser) -> None:
        self._subparsers = subparsers
        self._global_options = global_options

    def add(self, name: str, run: str, summary: str, description: str = "") -> Any:
        """The parser of a new command; `run` is its `module:function` below `cli.commands`."""
        parser = self._parser(name, summary, description)
        parser.set_defaults(run=f"reblogbot.cli.commands.{run}")
        return parser

    def group(self, name: str, summary: str) -> _Group:
        """A new command that has verbs."""
        parser = self._parser(name, summary)
        verbs = parser.add_subparsers(
            title="verbs",
            metavar="VERB",
            required=True,
            parser_class=type(parser),
            prog=parser.prog,
        )
        return _Group(verbs, self._global_options)

    def _parser(self, name: str, summary: str, description: str = "") -> Any:
        parser = self._subparsers.add_parser(
            name,
            parents=[self._global_options],
            help=summary,
            description=description or f"{summary[0].upper()}{summary[1:]}.",
        )
        parser.summary = summary
        return parser


def _add_json(parser: Any) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _add_trial_commands(commands: _Group) -> None:
    demo = commands.add(
        "demo",
        "demo:run",
        "the whole main job, with no account and no internet",
        "Starts a sandbox server and a sample hot list on loopback, polls, posts and boosts with "
        "a real config, and shows what was posted.",
    )
    demo.add_argument(
        "--articles",
        action="store_true",
        help="show how entries become explanations: page, model, reply and a blog's file",
    )
    demo.add_argument("--keep", action="store_true", help="leave the timeline page up")
    demo.add_argument("--json", action="store_true", help="print what was posted as JSON")
    sandbox = commands.add(
        "sandbox",
        "sandbox:run",
        "a loopback server to rehearse a config on",
        "A loopback server that speaks the Mastodon API and shows a timeline page. What is posted "
        "stays in its folder.",
    )
    sandbox.add_argument("--port", type=_count, default=8976, help="default: 8976; 0 takes any")
    sandbox.add_argument(
        "--folder", type=Path, default=Path("sandbox"), help="where it keeps its posts"
    )
    sandbox.add_argument(
        "--profile",
        default="mastodon",
        help="the kind of server to behave like: mastodon (default), gotosocial, snac and others",
    )
    sandbox.add_argument(
        "--account",
        action="append",
        metavar="NAME",
        help="an account to create; may be given several times (default: news)",
    )


def _add_setup_commands(commands: _Group) -> None:
    init = commands.add(
        "init",
        "init:run",
        "write a first config",
        "Writes a first config with comments. On a terminal it asks for the server, the names "
        "and the feed; with --yes, or without a terminal, it uses defaults.",
    )
    init.add_argument(
        "path", nargs="?", metavar="PATH", help="where to write it (default: config.toml)"
    )
    init.add_argument("--yes", action="store_true", help="ask nothing, use the defaults")
    init.add_argument("--server", metavar="URL", default="", help="server of the bot's account")
    init.add_argument(
        "--online", action="store_true", help="first ask the server for its name and version"
    )

    check = commands.add(
        "check",
        "check:run",
        "validate the config: all errors at once, with their lines",
        "Validates the config and every template in it. Changes nothing.",
    )
    check.add_argument("--online", action="store_true", help="also try every token and source")
    _add_json(check)


def _add_account_commands(commands: _Group) -> None:
    commands.add(
        "setup",
        "setup:run",
        "make a first bot, step by step",
        "Asks for the server, logs the account in, finds the first source, shows real entries as "
        "they would be posted, writes the config and tries it. Needs a terminal.",
    )
    login = commands.add(
        "login",
        "login:run_login",
        "get a token for an account, with a browser",
        "Registers an app on the account's server, opens a browser in which you consent, and "
        "stores the token in the account's token_file (mode 600). It asks for the scopes that the "
        "config needs and no more. An account that is not in the config is added to it.",
    )
    login.add_argument("account", type=decoded, metavar="ACCOUNT", help="name of the account")
    login.add_argument(
        "--server", metavar="URL", default="", help="server of an account that is to be added"
    )
    login.add_argument(
        "--no-browser",
        action="store_true",
        help="print the address to open, and read the code that the server shows",
    )
    login.add_argument(
        "--force", action="store_true", help="get another token, even if the present one works"
    )
    login.add_argument(
        "--dry-run", action="store_true", help="show what would be asked for and written"
    )
    _add_json(login)
    logout = commands.add(
        "logout",
        "login:run_logout",
        "revoke the token of an account, and remove its file",
        "Revokes the account's token on its server and removes the token file. The account stays "
        "in the config; what waits for it is kept.",
    )
    logout.add_argument("account", type=decoded, metavar="ACCOUNT", help="name of the account")
    logout.add_argument("--dry-run", action="store_true", help="show what would be done")
    _add_json(logout)
    accounts = commands.group("accounts", "list accounts")
    listing = accounts.add(
        "list",
        "accounts:run_list",
        "list accounts: who they are, their tokens, what they sent",
        "Lists the accounts of the config. Who they are is known from their last login; with "
        "--online their servers are asked.",
    )
    listing.add_argument("--online", action="store_true", help="try every token")
    _add_json(listing)
    admins = commands.group("admin", "who can log in to the admin's page")
    password = admins.add(
        "password",
        "admin:run_password",
        "set the password of an admin of the page",
        "Sets the password with which an admin logs in to the page of the daemon. Asks for it "
        "twice on a terminal, and reads one line of standard input elsewhere. Only a hash of it "
        "is stored, in [admin] password_file. All who are logged in must log in again.",
    )
    password.add_argument(
        "name", nargs="?", type=decoded, metavar="ADMIN", default="admin", help="default: admin"
    )
    password.add_argument("--remove", action="store_true", help="remove this admin instead")
    password.add_argument(
        "--dry-run", action="store_true", help="show what would be written, and write nothing"
    )
    _add_json(password)


def _add_source_commands(commands: _Group) -> None:
    sources = commands.group("sources", "list, find and change sources")
    discover = sources.add(
        "discover",
        "discover:run",
        "list the feeds of a web page",
        "Lists the feeds that a web page names or, where it names none, those at the usual "
        "addresses of its site. Needs no config; where there is one, its [http] settings are "
        "used. Changes nothing.",
    )
    discover.add_argument("url", metavar="URL", help="address of a page, a site or a feed")
    _add_json(discover)
    _add_source_transfer(sources)
    listing = sources.add("list", "sources:run_list", "list the sources and what they brought")
    _add_json(listing)
    _add_source_changes(sources)


def _add_source_changes(sources: _Group) -> None:
    """Add the verbs of `sources` that change the config."""

    def add(verb: str, run: str, summary: str, description: str = "") -> Any:
        module = "" if ":" in run else "sources:"
        parser = sources.add(verb, f"{module}{run}", summary, description)
        parser.set_defaults(verb=verb)
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would be written, and write nothing"
        )
        _add_json(parser)
        return parser

    new = add(
        "add",
        "add_source:run",
        "add a source",
        "Adds a source: a feed, a site whose feeds are found, @user@host, #tag, dig.chouti.com, or "
        "an OPML document. Shows the newest three entries as they would be posted, and asks. "
        "Further keys may follow: every=5m filter.max_age=2d",
    )
    new.add_argument("url", type=decoded, metavar="URL", help="its address")
    new.add_argument("values", nargs="*", type=decoded, metavar="KEY=VALUE")
    new.add_argument("--name", type=decoded, default="", help="default: from its title or host")
    new.add_argument(
        "--to",
        action="append",
        metavar="ACCOUNT",
        default=[],
        type=decoded,
        help="an account that posts; may be given several times (default: the only one)",
    )
    new.add_argument(
        "--kind", default="", help="the kind of source; by default the address decides"
    )
    new.add_argument("--yes", action="store_true", help="do not ask")
    change = add(
        "set",
        "run_set",
        "set keys of a source",
        "Sets keys of a source in the config. A value is written as in TOML; a bare word is a "
        'string: every=5m hashtags=0 tags=["news"] filter.max_age=2d',
    )
    change.add_argument("name", type=decoded, metavar="NAME", help="name of the source")
    change.add_argument("values", nargs="+", type=decoded, metavar="KEY=VALUE")
    unset = add("unset", "run_unset", "remove keys of a source, so that their defaults hold")
    unset.add_argument("name", type=decoded, metavar="NAME", help="name of the source")
    unset.add_argument("keys", nargs="+", type=decoded, metavar="KEY")
    for verb, summary in (
        ("pause", "poll these sources no longer, until they are resumed"),
        ("resume", "poll paused sources again"),
    ):
        switch = add(verb, "run_switch", summary)
        switch.add_argument("names", nargs="+", type=decoded, metavar="NAME")
    rename = add(
        "rename",
        "run_rename",
        "give a source another name",
        "Gives a source another name in the config and in the store, so that what was seen, "
        "queued and posted stays known.",
    )
    rename.add_argument("old", type=decoded, metavar="OLD", help="its name")
    rename.add_argument("new", type=decoded, metavar="NEW", help="its new name")
    remove = add(
        "remove",
        "run_remove",
        "remove sources from the config",
        "Removes sources from the config. What waits is held, and what was seen stays known for "
        "as long as [store] keep says.",
    )
    remove.add_argument("names", nargs="+", type=decoded, metavar="NAME")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    remove.add_argument(
        "--forget",
        action="store_true",
        help="also delete from the store what was seen of them, and what waits",
    )


def _add_source_transfer(sources: _Group) -> None:
    """Add `sources import` and `sources export`."""
    imported = sources.add(
        "import",
        "import_sources:run",
        "add the feeds of an OPML file, or of another bot",
        "Adds the feeds of an OPML document to the config. What is there already, listed twice or "
        "no feed is left out and listed. With --from, reads the config of another bot and what it "
        "has posted, so that nothing is posted twice; stop that bot first.",
    )
    imported.add_argument(
        "file",
        metavar="FILE",
        help="an OPML file, - for standard input; with --from that bot's config",
    )
    imported.add_argument(
        "--to",
        action="append",
        metavar="ACCOUNT",
        default=[],
        type=decoded,
        help="an account that posts; may be given several times (default: the only one)",
    )
    imported.add_argument("--pause", action="store_true", help="add the sources disabled")
    imported.add_argument(
        "--tags", action="store_true", help="make hashtags of the folders' names, always added"
    )
    imported.add_argument(
        "--from",
        dest="bot",
        choices=("feed2toot", "feediverse", "feed2fedi"),
        help="read that bot's config, and what it has posted",
    )
    imported.add_argument("--dry-run", action="store_true", help="show what would be added")
    _add_json(imported)
    exported = sources.add(
        "export",
        "export_sources:run",
        "write all feeds as OPML",
        "Writes an OPML 2.0 document with all sources of kind `feed`. `sources import` makes the "
        "same sources of it.",
    )
    exported.add_argument(
        "file", nargs="?", metavar="FILE", type=Path, help="where to write it (default: stdout)"
    )
    exported.add_argument("--yes", action="store_true", help="replace a file that exists")
    _add_json(exported)


def _add_work_commands(commands: _Group) -> None:
    sync = commands.add(
        "sync",
        "sync:run",
        "do one round: poll sources, deliver what may go out, exit",
        "Polls all sources, or the named ones, and delivers what may go out. It does not wait "
        "for a paused account, a pace limit or a post in doubt; the next round continues there.",
    )
    sync.add_argument(
        "sources", nargs="*", type=decoded, metavar="SOURCE", help="names of sources (default: all)"
    )
    choice = sync.add_mutually_exclusive_group()
    choice.add_argument(
        "--due", action="store_true", help="poll only sources that are due; for use in cron"
    )
    choice.add_argument(
        "--force", action="store_true", help="also poll sources whose server asked to be left alone"
    )
    _add_json(sync)

    preview = commands.add(
        "preview",
        "preview:run",
        "show exactly what would be posted, and what was filtered and why",
        "Polls the sources, even those that are not due, and shows what `sync` would do. "
        "Changes nothing. Where the result of a step is not there yet, its name stands in the "
        "text; --run-steps computes and keeps it.",
    )
    preview.add_argument(
        "sources", nargs="*", type=decoded, metavar="SOURCE", help="names of sources (default: all)"
    )
    preview.add_argument("--limit", type=_count, metavar="N", help="show at most N posts")
    preview.add_argument(
        "--again",
        action="store_true",
        help="show every entry that the sources show now, posted before or not, the newest first; "
        "for trying a template",
    )
    preview.add_argument(
        "--run-steps",
        action="store_true",
        help="run the steps of the entries, which may cost money, and keep the results",
    )
    _add_json(preview)

    run = commands.add(
        "run",
        "run:run",
        "run the daemon",
        "Polls and delivers until it gets SIGTERM or SIGINT. Reloads the config on SIGHUP and "
        "when the file changes.",
    )
    run.set_defaults(is_daemon=True)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(
            f'"{text}" is not the number of a delivery: `reblogbot queue list` shows them'
        )
    return int(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f'"{text}" is not a count: write a whole number')
    digits = text.lstrip("0")
    # a database takes no number of any length, and there is no more of anything
    return min(int(digits or "0"), MAX_COUNT) if len(digits) <= len(str(MAX_COUNT)) else MAX_COUNT


def _add_report_commands(commands: _Group) -> None:
    status = commands.add(
        "status",
        "status:run",
        "show the state of sources, accounts, queue and daemon",
        "Shows the state of sources, accounts, queue and daemon, and why deliveries wait.",
    )
    _add_json(status)
    health = commands.add(
        "health",
        "health:run",
        "tell whether the daemon on this machine works",
        "Exits 0 if a daemon runs on this machine and did a round in the last 15 minutes, "
        "else 1. For the health check of a container, or for monitoring.",
    )
    _add_json(health)
    why = commands.add(
        "why",
        "why:run",
        "show the history of one entry",
        "Shows when and in which source an entry was seen, which filter refused it, which "
        "delivery it became and what the server answered. Lists the entries where several match.",
    )
    why.add_argument(
        "entry",
        nargs="+",
        type=decoded,
        metavar="WORDS-OR-LINK-OR-ID",
        help="a link, an id, the number of a delivery, or words of the title or link",
    )
    _add_json(why)


def _add_queue_commands(commands: _Group) -> None:
    queue = commands.group("queue", "list, show and change deliveries")
    listing = queue.add("list", "queue:run_list", "list open deliveries, or those in a state")
    listing.add_argument(
        "--state",
        action="append",
        metavar="STATE",
        help="queued, sending, doubt, sent, held, skipped, dead, retracting or retracted; "
        "may be given several times",
    )
    listing.add_argument(
        "--account", type=decoded, metavar="NAME", help="only deliveries of this account"
    )
    listing.add_argument(
        "--source", type=decoded, metavar="NAME", help="only deliveries from this source"
    )
    listing.add_argument(
        "--limit",
        type=_count,
        metavar="N",
        help="list at most N, 0 for all (default: 100; with --json all)",
    )
    listing.add_argument(
        "--after", type=_count, default=0, metavar="ID", help="only those behind this number"
    )
    _add_json(listing)

    show = queue.add("show", "queue:run_show", "show one delivery with its whole text")
    show.add_argument("id", type=_number, metavar="ID", help="number of the delivery")
    _add_json(show)

    edit = queue.add(
        "edit",
        "queue_edit:run",
        "write another text for a queued or held delivery",
        "Opens the text of a queued or held delivery in $VISUAL or $EDITOR, or takes --text. The "
        "text must be within the server's limit. It is not rendered again when its entry changes.",
    )
    edit.add_argument("id", type=_number, metavar="ID", help="number of the delivery")
    edit.add_argument(
        "--text", type=decoded, metavar="TEXT", help="the new text; - reads it from standard input"
    )
    _add_json(edit)

    post = queue.add(
        "post",
        "queue_post:run",
        "post entries after all that were filtered, skipped or refused",
        "Queues entries that were not posted, whatever the filters of their source say, due now "
        "and at the account's pace. An entry that an account has posted or queued already is "
        "never posted again.",
    )
    post.add_argument(
        "entries",
        nargs="+",
        type=decoded,
        metavar="LINK-OR-ID",
        help="link or id of an entry, or number of a delivery",
    )
    post.add_argument(
        "--account",
        action="append",
        type=decoded,
        metavar="NAME",
        help="for this account only; may be given several times (default: all of the source)",
    )
    post.add_argument(
        "--source", type=decoded, metavar="NAME", help="the entry of this source, of several"
    )
    post.add_argument(
        "--dry-run", action="store_true", help="show what would be queued; change nothing"
    )
    _add_json(post)

    for verb, summary in _QUEUE_CHANGES.items():
        change = queue.add(verb, "queue:run_change", summary)
        change.set_defaults(verb=verb)
        change.add_argument(
            "ids", nargs="*", type=_number, metavar="ID", help="numbers of the deliveries"
        )
        change.add_argument(
            "--account", type=decoded, metavar="NAME", help="all such deliveries of this account"
        )
        change.add_argument(
            "--source", type=decoded, metavar="NAME", help="all such deliveries from this source"
        )
        change.add_argument("--all", action="store_true", help="all such deliveries")
        if verb == "retry":
            change.add_argument(
                "--render",
                action="store_true",
                help="write the posts again with the present config and template; "
                "concerns queued, held and dead deliveries",
            )
        if verb == "release":
            change.add_argument(
                "--newest",
                type=_count,
                metavar="N",
                help="with --account, --source or --all: only the N that were queued last",
            )
            change.add_argument(
                "--paced",
                action=argparse.BooleanOptionalAction,
                help="spread them over the account's pace (default on a terminal, for deliveries "
                "held because of a storm)",
            )
        _add_json(change)

    notify = commands.group("notify", "try the notices to the admin")
    test = notify.add(
        "test",
        "notify:run_test",
        "send a test message through every configured channel",
        "Sends one message through each channel of [notify] and says what came of it.",
    )
    _add_json(test)

    stop = commands.add(
        "stop",
        "stop:run_stop",
        "stop all posting at once, until `start`",
        "Stops all posting at once, by every process that uses the store, until `reblogbot "
        "start`. Polling goes on.",
    )
    start = commands.add("start", "stop:run_start", "let posting go on after `stop`")
    for name, parser in (("stop", stop), ("start", start)):
        parser.set_defaults(command=name)
        parser.add_argument("--store", metavar="URL", help="use this store and read no config")
        _add_json(parser)


def _add_step_commands(commands: _Group) -> None:
    steps = commands.group("step", "list steps, and run one for an entry")
    listing = steps.add(
        "list",
        "step:run_list",
        "list the steps: whether they answer, what waits for them, what they cost",
    )
    _add_json(listing)
    run = steps.add(
        "run",
        "step:run_run",
        "run one step for one entry, and keep its result",
        "Asks a step about one entry, now: it does not matter what failed before, and how many "
        "calls the day had. Prints the result, or the one that is stored. Deliveries that wait "
        "for it go on in the next round. Steps before it are run where they have no result.",
    )
    run.add_argument("name", type=decoded, metavar="STEP", help="name of the step")
    run.add_argument(
        "entry",
        type=decoded,
        metavar="LINK-OR-ID",
        help="link or id of an entry, or number of a delivery",
    )
    run.add_argument("--again", action="store_true", help="forget a stored result, and ask anew")
    run.add_argument(
        "--source", type=decoded, metavar="NAME", help="the entry of this source, of several"
    )
    _add_json(run)


def _add_store_commands(commands: _Group) -> None:
    prune = commands.add(
        "prune",
        "prune:run",
        "forget what is older than [store] keep",
        "Deletes from the store what is older than [store] keep, except entries that a source "
        "still shows and deliveries that are still open. The daemon does this once a day.",
    )
    _add_json(prune)
    backup = commands.add(
        "backup",
        "backup:run",
        "copy the store to a file; the daemon may go on running",
    )
    backup.add_argument("path", metavar="PATH", type=Path, help="the copy; must not exist yet")
    _add_json(backup)
    copy = commands.add(
        "copy-store",
        "copy_store:run",
        "move the bot to another database: SQLite to PostgreSQL, or back",
        "Copies the whole store FROM to TO, where no store may exist yet; a failed copy leaves "
        "nothing there. Stop the daemon first, and set [store] url to TO afterwards. Put a "
        "password into ~/.pgpass or PGPASSWORD: other users can see a command line.",
    )
    copy.add_argument(
        "source", metavar="FROM", help="sqlite:///FILE or postgresql://USER@HOST/NAME"
    )
    copy.add_argument("target", metavar="TO", help="likewise; an existing store is not overwritten")
    _add_json(copy)


def _add_history_commands(commands: _Group) -> None:
    """Add `history` and `retract`."""
    history = commands.add(
        "history",
        "history:run",
        "show what was posted, boosted, edited or retracted",
        "Shows what was published, newest first: title, link, address of the post, and when. The "
        "newest 100 where nothing else is asked for; --json has all.",
    )
    _add_posted_filter(history)
    history.add_argument(
        "--search", type=decoded, metavar="WORDS", help="only with these words in title or link"
    )
    history.add_argument("--limit", type=_count, metavar="N", help="show at most N posts")
    history.add_argument(
        "--format",
        choices=("text", "atom", "jsonfeed"),
        default="text",
        help="text, or a feed of the newest fifty that are public: atom or jsonfeed",
    )
    _add_json(history)
    retract = commands.add(
        "retract",
        "retract:run",
        "delete posts at the server, undo boosts",
        "Deletes posts, and undoes boosts, at their servers, and never posts these entries again. "
        "Shows them and asks first. What could not be deleted is tried again by the next `retract` "
        "or `sync`, and by the daemon.",
    )
    retract.add_argument(
        "names",
        nargs="*",
        type=decoded,
        metavar="ID|LINK|URL",
        help="number of a delivery, link of an entry, or address of a post",
    )
    _add_posted_filter(retract)
    retract.add_argument("--yes", action="store_true", help="do not ask")
    retract.add_argument(
        "--dry-run", action="store_true", help="show what would be deleted, delete nothing"
    )
    _add_json(retract)


def _add_posted_filter(parser: Any) -> None:
    """Add the options that say which published posts are meant."""
    parser.add_argument(
        "--since", metavar="TIME", help="posted since then: 36h or 7d ago, or a date or local time"
    )
    parser.add_argument("--until", metavar="TIME", help="posted before then")
    parser.add_argument("--account", type=decoded, metavar="NAME", help="only of this account")
    parser.add_argument("--source", type=decoded, metavar="NAME", help="only from this source")


def _add_shell_commands(commands: _Group) -> None:
    completion = commands.add(
        "completion",
        "completion:run",
        "print a script that completes commands, options and names in a shell",
        'For bash, add to ~/.bashrc: eval "$(reblogbot completion bash)". For zsh likewise to '
        "~/.zshrc, after compinit. For fish: reblogbot completion fish > "
        "~/.config/fish/completions/reblogbot.fish.",
    )
    completion.add_argument(
        "shell",
        nargs="?",
        choices=("bash", "zsh", "fish"),
        metavar="SHELL",
        help="bash, zsh or fish",
    )
    # the script calls the program with these
    completion.add_argument(
        "--names", choices=("sources", "accounts", "steps"), help=argparse.SUPPRESS
    )
    completion.add_argument("--line", type=decoded, default="", help=argparse.SUPPRESS)
    helping = commands.add(
        "help",
        "help:run",
        "explain a command or a topic",
        "Prints the help of a command, or a text about a topic: exit-codes, environment, "
        "templates, accessibility.",
    )
    helping.add_argument(
        "topic",
        nargs="*",
        type=decoded,
        metavar="TOPIC",
        help="a command with its verb, or a topic (default: the list of all commands)",
    )
    schema = commands.add(
        "schema",
        "schema:run",
        "print the JSON Schema of what a command prints with --json",
        "Prints the JSON Schema of what a command prints with --json, or the list of these "
        "commands. `error` is what every command prints with exit code 2 or 3.",
    )
    schema.add_argument(
        "words", nargs="*", type=decoded, metavar="COMMAND", help="a command with its verb"
    )
