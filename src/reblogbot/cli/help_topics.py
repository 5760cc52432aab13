"""The texts of `reblogbot help TOPIC`, which the man page has as well."""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """A text in paragraphs. An indented line is `NAME  EXPLANATION`, or continues the one above."""

    summary: str
    text: str


_EXIT_CODES = """\
Every command ends with one of these codes.

  0    Success.
  1    Something failed, or is in doubt; everything else was done. The output says what failed.
  2    The config or the command line is wrong. Nothing was done.
  3    The store cannot be used: it is missing, locked, full, read-only or of another version.
  130  Interrupted with Ctrl-C. The next round goes on where this one was.

With --json, a command that ends with 2 or 3 prints {"error": {"slug": …, "message": …}}. The
operations guide explains each slug.

A round that was told to wait is no failure: a paused account, a pace limit and quiet hours end with
0. `reblogbot health` ends with 1 where no daemon works.
"""

_ENVIRONMENT = """\
The program reads these variables. An option of the command line goes before a variable.

  REBLOGBOT_CONFIG  The config file. Without it: config.toml in this folder, then
    reblogbot/config.toml in the folder below.
  XDG_CONFIG_HOME  The folder of all programs' settings (default: ~/.config).
  token_env  An account may have its token in a variable, which its key token_env names.
  CREDENTIALS_DIRECTORY  Where systemd puts credentials; a token may be there under the name of
    its account.
  STATE_DIRECTORY  Where systemd lets the program write; `sync --due` leaves its mark there.
  NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID  Set by systemd, which the daemon tells that it works.
  VISUAL, EDITOR  The editor of `queue edit`.
  BROWSER  The browser of `login`.
  TZ  The time zone of the times that are printed. In JSON and in the log they are in UTC.
  COLUMNS  The width of the output (default: that of the terminal, or 80 without one).
  NO_COLOR  With any value: no colours and no bold.
  TERM  `dumb` also means no colours and no progress bars.
  PGPASSWORD, PGPASSFILE  The password of a PostgreSQL store, as for psql.

Proxies are set in the config, by the key proxy; variables such as HTTP_PROXY are not read.
"""

_TEMPLATES = """\
The key template of a source is the name of a built-in template or a text in Jinja2.

Built-in templates:

  link        Title and link (the default).
  headline    Title and summary as a headline, and the link.
  reblog-via  The same below the name of the source.
  paper       Title, authors, a short summary, and the link.
  reblog-of   Says whose entry it is, then the same as reblog-via.
  article     Title, link, authors, summary, and the results of all steps.

A template of your own may use these names:

  title, summary, link  Of the entry, as plain text.
  author, authors  The first author, and all of them.
  source  The title of the source.
  score, comments  Numbers, or nothing where the source has none.
  tags  Hashtags.
  published  When the entry was published.
  text    The main text of its page, where the source has page_text = true.
  explain, explain_title  What the step of that name returned, and its title.
  results  What all steps of the source returned.

The usual filters of Jinja2 work, and `shorten(280)`, which cuts at the end of a word. A line whose
names are all empty is left out. A text that is too long for the server is shortened; the link
never is.

  template = "{{ title }} ({{ score }})\\n{{ link }}"

`reblogbot check` tries every template. `reblogbot preview --again` shows what the present entries
would look like.
"""

_ACCESSIBILITY = """\
Everything that a colour or a progress bar shows is also said in words.

  NO_COLOR=1  No colours and no bold.
  TERM=dumb  No progress bars either.
  --json  One document, without tables; `reblogbot schema` describes it.
  COLUMNS=200  Wider lines for a screen reader or a braille display, so that fewer are broken.

Without a terminal, in a pipe or a file, there are no colours and no bars. Tables have no lines;
their columns are separated by two spaces. Links stand whole in one line, so that they can be
opened.

Posts should be readable for everybody too: the text of an image is taken over as its description,
hashtags of several words are written LikeThis, and a bot should be marked as a bot.
"""

TOPICS = {
    "exit-codes": Topic("what the exit codes mean", _EXIT_CODES),
    "environment": Topic("variables that the program reads", _ENVIRONMENT),
    "templates": Topic("how a post is written", _TEMPLATES),
    "accessibility": Topic("output without colours, for screen readers and pipes", _ACCESSIBILITY),
}
