"""What each key of a config is for: a sentence of help, an example, and its first version.

The keys that a kind of source adds are described by the fields of its `Options`. The reference and
the forms of the admin's page are made from these; neither a command's start nor a round needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from reblogbot.config.settings import (
    AccountSettings,
    AdminSettings,
    DeliverySettings,
    FilterSettings,
    HttpSettings,
    NotifySettings,
    PaceSettings,
    SourceSettings,
    StepSettings,
    StoreSettings,
)
from reblogbot.words import Words

_FIRST_VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """What a key is for. `example` is a value as TOML writes it, "" for none."""

    text: str
    example: str = ""
    since: str = _FIRST_VERSION


def key_help(model: type[BaseModel], key: str) -> KeyHelp:
    """The help of a key in tables of this model; its text is "" where a kind describes nothing.

    Raises KeyError for a key that the model does not have.
    """
    if model in KEY_HELP:
        return KEY_HELP[model][key]
    field = _field(model, key)
    examples = field.examples or []
    extra = field.json_schema_extra
    since = extra.get("since") if isinstance(extra, Mapping) else None
    return KeyHelp(
        field.description or "", str(examples[0]) if examples else "", str(since or _FIRST_VERSION)
    )


def _field(model: type[BaseModel], key: str) -> FieldInfo:
    for name, field in model.model_fields.items():
        if key == (field.validation_alias or name):
            return field
    raise KeyError(key)


_STORE = {
    "url": KeyHelp(
        Words(
            "Where the bot remembers what was seen and posted: a file, or a PostgreSQL database."
        ),
        '"postgresql://reblogbot@db.example/reblogbot"',
    ),
    "keep": KeyHelp(Words("Older history is deleted, except what a source still shows."), '"180d"'),
}
_HTTP = {
    "timeout": KeyHelp(
        Words("The most time for a whole fetch, from the connection to the last byte."), '"30s"'
    ),
    "concurrency": KeyHelp(Words("The most fetches at a time, from all hosts together."), "64"),
    "per_host": KeyHelp(
        Words("The most fetches at a time from one host, so that it is not overloaded."), "2"
    ),
    "max_body": KeyHelp(
        Words("The largest response that is read, counted after decompression."), '"10MB"'
    ),
    "allow_private": KeyHelp(
        Words("Addresses inside your network that may be fetched: a host and port, or a range."),
        '["127.0.0.1:1200"]',
    ),
    "contact": KeyHelp(
        Words("A page or mail address by which the owners of other servers can reach you."),
        '"https://bot.example/about"',
    ),
    "proxy": KeyHelp(Words("The proxy of all fetches."), '"socks5://127.0.0.1:1080"'),
}
_DELIVERY = {
    "timeout": KeyHelp(Words("The most time for one request to an account's server."), '"30s"'),
    "read_back_after": KeyHelp(
        Words("If a server did not answer, it is asked after this time whether the post is there."),
        '"90s"',
    ),
    "lease": KeyHelp(
        Words("How long a process keeps a post for itself; at least three times timeout."), '"5m"'
    ),
    "max_attempts": KeyHelp(
        Words("After so many attempts a post waits for you, or is given up if it was refused."), "8"
    ),
}
_NOTIFY = {
    "command": KeyHelp(
        Words("A program that gets each notice on its standard input."), '"mail -s reblogbot me"'
    ),
    "webhook": KeyHelp(
        Words("An address to which each notice is sent as JSON."), '"https://hooks.example/bot"'
    ),
    "account": KeyHelp(
        Words("The account of this file that sends each notice as a direct post."), '"news"'
    ),
    "to": KeyHelp(
        Words("The fediverse address that gets the direct posts."), '"@you@social.example"'
    ),
}
_ADMIN = {
    "listen": KeyHelp(
        Words("The address at which the daemon serves its health, its metrics and this page."),
        '"127.0.0.1:8330"',
    ),
    "password_file": KeyHelp(
        Words("The file with the admins' passwords; without one this page is off."),
        '"page.passwords"',
        "0.6.0",
    ),
    "url": KeyHelp(
        Words("The address by which browsers reach this page, where a proxy serves it."),
        '"https://bot.example/admin"',
        "0.6.0",
    ),
    "proxies": KeyHelp(
        Words("The proxies that are believed when they tell the address of a browser."),
        '["127.0.0.1"]',
        "0.6.0",
    ),
    "public_status": KeyHelp(
        Words("Shows a page with the bot's health to everybody, without a password."),
        "true",
        "0.6.0",
    ),
    "feeds": KeyHelp(
        Words("Offers everybody feeds of what each account has posted, without a password."),
        "true",
        "0.7.0",
    ),
}
_PACE = {
    "gap": KeyHelp(Words("The least time between two posts."), '"2m"'),
    "per_hour": KeyHelp(Words("The most posts in any sixty minutes."), "12"),
    "per_day": KeyHelp(Words("The most posts in any twenty-four hours."), "200"),
    "quiet": KeyHelp(
        Words("Times of day at which nothing is posted; what is due waits."), '["23:00-07:00"]'
    ),
    "timezone": KeyHelp(Words("The time zone of the quiet times."), '"Asia/Shanghai"'),
}
_STEP = {
    "kind": KeyHelp(
        Words("What is asked: a chat model by its service's API, or a command of this machine."),
        '"chat"',
        "0.7.0",
    ),
    "url": KeyHelp(
        Words("The address of the model's API, up to and with its /v1."),
        '"http://127.0.0.1:11434/v1"',
        "0.7.0",
    ),
    "model": KeyHelp(Words("The name of the model at this service."), '"qwen3:8b"', "0.7.0"),
    "key_file": KeyHelp(
        Words("The file that holds the key of the service and nothing else."),
        '"service.key"',
        "0.7.0",
    ),
    "key_env": KeyHelp(
        Words("The environment variable that holds the key of the service, instead of a file."),
        '"SERVICE_KEY"',
        "0.7.0",
    ),
    "system": KeyHelp(
        Words("The instruction that the model gets before each prompt, as a template."),
        '"You explain papers to laypeople."',
        "0.7.0",
    ),
    "prompt": KeyHelp(
        Words("What the model is asked about an entry, as a template."),
        '"Explain this paper: {{ title }} {{ text }}"',
        "0.7.0",
    ),
    "command": KeyHelp(
        Words("A program that reads an entry as JSON and writes the result."),
        '"/usr/local/bin/translate --to zh"',
        "0.7.0",
    ),
    "max_input": KeyHelp(
        Words("The most characters that are sent; the text of the page is cut first."),
        "24000",
        "0.7.0",
    ),
    "max_output": KeyHelp(Words("The most characters of a result."), "4000", "0.7.0"),
    "temperature": KeyHelp(
        Words("How freely the model chooses its words: 0 is the least."), "0.3", "0.7.0"
    ),
    "timeout": KeyHelp(Words("The most time for one call."), '"2m"', "0.7.0"),
    "per_day": KeyHelp(
        Words("The most calls in any twenty-four hours; what is over waits."), "200", "0.7.0"
    ),
    "links": KeyHelp(
        Words("Whether links and hashtags that are not the entry's own stay in a result."),
        '"keep"',
        "0.7.0",
    ),
}
_ACCOUNT = {
    "kind": KeyHelp(
        Words("Where the account publishes: a fediverse server, a WordPress blog, or files."),
        '"wordpress"',
        "0.7.0",
    ),
    "server": KeyHelp(Words("The server of the account."), '"https://social.example"'),
    "token_file": KeyHelp(
        Words("The file that holds the access token and nothing else."), '"news.token"'
    ),
    "token_env": KeyHelp(
        Words("The environment variable that holds the access token, instead of a file."),
        '"NEWS_TOKEN"',
    ),
    "enabled": KeyHelp(Words("No posts nothing and keeps the queue."), "false"),
    "visibility": KeyHelp(
        Words("Who sees the posts; unlisted keeps them out of the public timelines."), '"unlisted"'
    ),
    "language": KeyHelp(
        Words("The language of posts whose source and text do not tell it."), '"zh"'
    ),
    "tags": KeyHelp(
        Words("Hashtags of every post of the account, by which people can filter it."),
        '["bot"]',
        "0.5.0",
    ),
    "allow_http": KeyHelp(
        Words("Allows http://, which sends the token unencrypted: for a server on this machine."),
        "true",
    ),
    "template": KeyHelp(
        Words("The text of this account's posts, instead of what the source says."),
        '"article"',
        "0.7.0",
    ),
    "ai_share": KeyHelp(
        Words("The greatest share of the posts of a day that may contain generated text."),
        "0.5",
        "0.7.0",
    ),
    "user": KeyHelp(Words("The name of the user at the blog."), '"bot"', "0.7.0"),
    "status": KeyHelp(
        Words("The state of a new post at the blog: draft, publish, private or pending."),
        '"publish"',
        "0.7.0",
    ),
    "categories": KeyHelp(Words("The categories of every post."), '["news"]', "0.7.0"),
    "folder": KeyHelp(
        Words("The folder into which each post is written as a file."),
        '"site/content/posts"',
        "0.7.0",
    ),
    "format": KeyHelp(Words("The format of the files."), '"html"', "0.7.0"),
    "front_matter": KeyHelp(
        Words("The format of the fields before the text of a Markdown file."), '"toml"', "0.7.0"
    ),
    "feed": KeyHelp(
        Words("A file with an Atom feed of the newest fifty posts."),
        '"site/static/feed.xml"',
        "0.7.0",
    ),
    "pace": KeyHelp(Words("How fast the account posts."), '{ gap = "2m" }'),
}
_SOURCE = {
    "kind": KeyHelp(Words("What the source is; each kind has some keys of its own."), '"feed"'),
    "url": KeyHelp(
        Words("The address that is read; most kinds need it."), '"https://example.org/feed.xml"'
    ),
    "fallbacks": KeyHelp(
        Words("Other addresses of the same source, tried in turn while the first one fails."),
        '["https://mirror.example/feed.xml"]',
    ),
    "to": KeyHelp(Words("The accounts that post the entries."), '["news"]'),
    "enabled": KeyHelp(Words("No pauses the source and keeps what was seen."), "false"),
    "every": KeyHelp(
        Words("How often the source is polled; less often if its server asks for that."), '"15m"'
    ),
    "every_max": KeyHelp(
        Words("A source without news is polled less often, but at least once in this time."),
        '"1d"',
        "0.2.0",
    ),
    "cron": KeyHelp(
        Words("When the source is polled, as a cron line, instead of an interval."),
        '"0 9 * * mon-fri"',
    ),
    "action": KeyHelp(
        Words("Auto boosts what is, or looks like, a fediverse status, and posts the rest."),
        '"post"',
    ),
    "first": KeyHelp(
        Words("What is posted at the first poll: none, all, or so many of the newest entries."),
        "3",
    ),
    "max_per_poll": KeyHelp(
        Words("More new entries in one poll are held until you release them."), "20"
    ),
    "budget": KeyHelp(Words("The most posts of this source in a time; the rest waits."), '"10/1d"'),
    "order": KeyHelp(
        Words("Which waiting entry goes first: the oldest, or the one with the highest score."),
        '"score"',
    ),
    "review": KeyHelp(
        Words(
            "Yes holds every entry until you release it. Unset, what a model has written is held."
        ),
        "true",
    ),
    "title": KeyHelp(
        Words("The name of the source in posts, instead of its own title."), '"The hot list"'
    ),
    "template": KeyHelp(
        Words("The text of a post: link, headline, reblog-via, paper, or a template of your own."),
        '"{{ title }} {{ link }}"',
    ),
    "visibility": KeyHelp(
        Words("Who sees the posts, instead of what the account says."), '"public"'
    ),
    "language": KeyHelp(
        Words("The language of the posts, instead of what the source says."), '"zh"'
    ),
    "timezone": KeyHelp(
        Words("The time zone of cron and digest, and of dates that name none."),
        '"Asia/Shanghai"',
    ),
    "encoding": KeyHelp(
        Words("The encoding of the document, where its own declaration is wrong."), '"gb18030"'
    ),
    "proxy": KeyHelp(Words("The proxy of this source alone."), '"socks5://127.0.0.1:1080"'),
    "spoiler": KeyHelp(Words("A content warning on every post."), '"politics"'),
    "spoiler_rules": KeyHelp(
        Words("Content warnings for entries that match a pattern, as pairs in TOML."),
        '[["/violence|暴力/", "violence"]]',
    ),
    "hashtags": KeyHelp(Words("The most hashtags that are made of an entry's categories."), "3"),
    "tags": KeyHelp(Words("Hashtags of every post."), '["news"]'),
    "replace": KeyHelp(
        Words("Rewrites title and summary: pairs of a pattern and its replacement, in TOML."),
        '[["/\\\\s+\\\\| Site name$/", ""]]',
    ),
    "media": KeyHelp(Words("The most images of a post; they keep their descriptions."), "1"),
    "boilerplate": KeyHelp(
        Words("Whether sentences that programs add to feeds, such as “Read more”, are dropped."),
        '"keep"',
        "0.2.0",
    ),
    "updates": KeyHelp(Words("Whether a post is edited when its entry changes."), '"edit"'),
    "digest": KeyHelp(
        Words("Collects the entries of a day into one post at this time."), '"18:00"'
    ),
    "page_text": KeyHelp(
        Words("Reads the main text of the page that an entry links to, for templates and steps."),
        "true",
        "0.7.0",
    ),
    "steps": KeyHelp(
        Words("What is done with an entry before it is posted, in this order."),
        '["explain"]',
        "0.7.0",
    ),
    "on_step_failure": KeyHelp(
        Words("What becomes of an entry without a result: held, posted without it, or dropped."),
        '"post"',
        "0.7.0",
    ),
    "follow_up": KeyHelp(
        Words("Posts at once, and this template as a reply once the steps are done."),
        '"article"',
        "0.7.0",
    ),
    "ai_label": KeyHelp(
        Words("Whether posts say that a model has written a part of them."), "false", "0.7.0"
    ),
    "filter": KeyHelp(Words("Which entries are posted."), '{ max_age = "2d" }'),
    "headers": KeyHelp(
        Words("Request headers, sent only to the server of the source's own address."),
        '{ Authorization = "Bearer …" }',
    ),
}
_FILTER = {
    "include": KeyHelp(
        Words(
            "At least one of these must be found in an entry: a word, or a /regular expression/."
        ),
        '["芯片", "/\\\\bAI\\\\b/"]',
    ),
    "exclude": KeyHelp(
        Words("None of these may be found in an entry: a word, or a /regular expression/."),
        '["sponsored"]',
    ),
    "languages": KeyHelp(Words("Only entries in these languages."), '["zh", "en"]'),
    "domains": KeyHelp(
        Words("Only links to these domains and their sub-domains."), '["example.org"]'
    ),
    "not_domains": KeyHelp(
        Words("No links to these domains and their sub-domains."), '["shop.example"]'
    ),
    "links": KeyHelp(
        Words("Only links that match one of these words or /regular expressions/."),
        '["/2026/"]',
        "0.2.0",
    ),
    "not_links": KeyHelp(
        Words("No links that match one of these words or /regular expressions/."),
        "['/\\/video\\//']",
        "0.2.0",
    ),
    "min_score": KeyHelp(
        Words("The least score, such as votes; an entry is posted once it has enough."), "20"
    ),
    "max_age": KeyHelp(
        Words("Older entries are not posted; waiting in quiet hours does not count."), '"2d"'
    ),
    "similar": KeyHelp(
        Words(
            "Refuses titles that are so similar to a recent one of the account: 0 is off, 1 equal."
        ),
        "0.8",
    ),
    "max_per_domain": KeyHelp(
        Words("The most posts a day that link to one site; 0 for no limit."), "2"
    ),
    "max_per_author": KeyHelp(
        Words("The most posts and boosts a day by one author; 0 for no limit."), "3", "0.2.0"
    ),
    "replies": KeyHelp(Words("Statuses: yes lets replies through."), "true"),
    "bots": KeyHelp(Words("Statuses: no leaves out accounts that are marked as bots."), "false"),
    "opt_outs": KeyHelp(
        Words("Statuses: respects people who do not want to be boosted by bots."), "true", "0.2.0"
    ),
    "opt_out_tags": KeyHelp(
        Words("The hashtags in a profile that say so; #nobot always counts."), '["nobot"]', "0.2.0"
    ),
    "needs_indexable": KeyHelp(
        Words("Statuses: yes boosts only people whose account is marked as indexable."),
        "true",
        "0.2.0",
    ),
    "needs_discoverable": KeyHelp(
        Words("Statuses: yes boosts only people whose account is marked as discoverable."),
        "true",
        "0.2.0",
    ),
}

KEY_HELP: Mapping[Any, Mapping[str, KeyHelp]] = {
    StoreSettings: _STORE,
    HttpSettings: _HTTP,
    DeliverySettings: _DELIVERY,
    NotifySettings: _NOTIFY,
    AdminSettings: _ADMIN,
    StepSettings: _STEP,
    AccountSettings: _ACCOUNT,
    PaceSettings: _PACE,
    SourceSettings: _SOURCE,
    FilterSettings: _FILTER,
}
"""The help of every key in each table whose keys this package defines."""
