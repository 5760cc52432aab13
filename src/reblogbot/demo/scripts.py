"""The two variants of the demo: short posts and boosts, and articles about entries."""

from __future__ import annotations

from dataclasses import dataclass

BLOG = "posts"
"""The blog's folder, beside the config."""


@dataclass(frozen=True, slots=True)
class Script:
    """What differs between the variants.

    `feeds` are the files of the feeds server that the variant shows, and `second_round` says what
    is there when they are read again. `articles` is the number of entries that the model is asked
    about. In `config` stand `$feeds` and `$server`, the hosts of the
    feeds and of the sandbox, and `$model`, the URL of the model.
    """

    config: str
    feeds: tuple[str, ...]
    second_round: str
    articles: int = 0


POSTS = Script(
    """\
[http]
# sources on this machine are refused unless named here
allow_private = ["$feeds", "$server"]

[accounts.news]
server = "http://$server"
token_file = "news.token"
allow_http = true

[sources.chouti]
kind = "feed"
url = "http://$feeds/hot.xml"
to = ["news"]
first = "all"
template = "reblog-via"

[sources.neighbours]
kind = "feed"
url = "http://$feeds/neighbours.xml"
to = ["news"]
first = "all"
action = "boost"
""",
    ("hot.xml",),
    "The list shows the same entries in another order.",
)

ARTICLES = Script(
    '''\
[http]
# sources on this machine are refused unless named here
allow_private = ["$feeds"]

[steps.explain]
kind = "chat"
url = "$model"
model = "stand-in"
prompt = """Explain this page in two sentences: {{ title }}

{{ link }}

{{ text }}"""

[accounts.news]
server = "http://$server"
token_file = "news.token"
allow_http = true

[accounts.blog]
kind = "files"
folder = "posts"
template = "article"

[defaults]
to = ["news", "blog"]
first = "all"
page_text = true
steps = ["explain"]
follow_up = "{{ explain }}\\n\\n{{ link }}"
# without this line each explanation waits until you have read and released it
review = false

[sources.chouti]
kind = "feed"
url = "http://$feeds/questions.xml"
template = "reblog-via"

[sources.papers]
kind = "feed"
url = "http://$feeds/papers.xml"
template = "paper"
''',
    ("questions.xml", "papers.xml"),
    "The feeds show the same entries again.",
    articles=2,
)
