"""`help`: the help of a command, or a text about a topic."""

from __future__ import annotations

import argparse

from reblogbot.cli.help_topics import TOPICS
from reblogbot.cli.output import print_lines
from reblogbot.cli.parser import command_line
from reblogbot.errors import ConfigError, Exit, unknown_name_message


def run(options: argparse.Namespace) -> int:
    """Print the help that was asked for."""
    words = list(options.topic)
    if len(words) == 1 and words[0] in TOPICS:
        print_lines(TOPICS[words[0]].text.rstrip())
        return Exit.OK
    parser = command_line()
    for word in words:
        commands = parser.subcommands()
        if word not in commands:
            topics = {} if parser.prog != "reblogbot" else TOPICS
            noun = "command or topic" if topics else f"verb of {parser.prog}"
            raise ConfigError("usage", unknown_name_message(noun, word, [*topics, *commands]))
        parser = commands[word]
    parser.print_help()
    if not words:
        print_lines(
            "",
            "topics:",
            *(f"    {name:18}{topic.summary}" for name, topic in TOPICS.items()),
            "",
            "`reblogbot help COMMAND` or `reblogbot help TOPIC` tells more.",
        )
    return Exit.OK
