"""Mistakes in the keys of steps, and of accounts and sources that have articles."""

import pytest

from reblogbot.app import load_config
from reblogbot.errors import ConfigError

PLAIN = """\
[steps.explain]
kind = "chat"
url = "http://127.0.0.1:11434/v1"
model = "small"
prompt = "Explain {{ title }}"
[steps.translate]
kind = "command"
command = "./translate"
[accounts.news]
server = "https://social.example"
token_file = "news.token"
[accounts.archive]
kind = "files"
folder = "posts"
[accounts.blog]
kind = "wordpress"
server = "https://blog.example"
user = "bot"
token_file = "blog.token"
[sources.papers]
kind = "feed"
url = "https://feeds.example/papers.xml"
to = ["news", "archive"]
steps = ["explain"]
follow_up = "{{ explain }}"
"""
MODEL = 'model = "small"'
FOLDER = 'folder = "posts"'
STEPS = 'steps = ["explain"]'
NAMES = "small letters, digits and underscores"
OF_PEOPLE = "sources.papers.steps: a source of statuses has no steps"


def faults(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    try:
        load_config(path)
    except ConfigError as error:
        return [f"{fault.path}: {fault.message}" for fault in error.faults]
    return []


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("max_input = 0", "max_input: must be at least 1"),
        ("max_output = -1", "max_output: must be at least 1"),
        ("temperature = 3", "temperature: must be at most 2"),
        ('temperature = "hot"', "temperature: must be a number, without quotes"),
        ("timeout = 5", "timeout: a duration needs quotes and a unit"),
        ('timeout = "0s"', "timeout: a duration must be longer than zero"),
        ("per_day = 1.5", "per_day: must be a whole number, without quotes"),
        ('links = "no"', 'links: must be "drop" or "keep"'),
        ('key_fil = "x"', 'key_fil: unknown key; did you mean "key_file"?'),
        ('system = "{{ titel }}"', "system: unknown name 'titel'; did you mean 'title'?"),
        ('system = "{{ explain }}"', "system: unknown name 'explain'"),
        ('command = "x"', 'command: is for steps of kind "command" alone'),
        ('key_file = "a"\nkey_env = "B"', "key_env: give key_file or key_env, not both"),
    ],
)
def test_a_wrong_key_of_a_step_is_named(tmp_path, key, expected):
    (fault,) = faults(tmp_path, PLAIN.replace(MODEL, f"{MODEL}\n{key}"))
    assert fault.startswith(f"steps.explain.{expected}")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        (MODEL, "", ['steps.explain.model: missing; a step of kind "chat" needs it']),
        ('url = "http://127', 'url = "127', ["steps.explain.url: a URL must begin with https://"]),
        ('kind = "chat"', 'kind = "chta"', ['steps.explain.kind: must be "chat" or "command"; did']),
        ('"./translate"', "\"./translate 'x\"", ["steps.translate.command: is empty, or a quote"]),
        ("[steps.translate]", "[steps.Translate]", [f"steps.Translate: the name of a step is a name in templates: {NAMES}"]),
        ("[steps.translate]", "[steps.text]", ["steps.text: the name of a step"]),
        ("[steps.translate]", "[steps.explain_title]", ["steps.explain_title: templates have the title"]),
        ('"./translate"', '"./translate"\nprompt = "x"', ['steps.translate.prompt: is for steps of kind "chat"']),
        (STEPS, 'steps = ["explain", "explian"]', ['sources.papers.steps: there is no step "explian"; did you mean "explain"?']),
        (STEPS, 'steps = ["explain", "explain"]', ["sources.papers.steps: names a step twice"]),
        (STEPS, f'{STEPS}\non_step_failure = "hodl"', ['sources.papers.on_step_failure: must be "hold", "post" or "drop"; did']),
        (STEPS, f'{STEPS}\npage_text = "yes"', ["sources.papers.page_text: must be true or false"]),
        ('"{{ explain }}"', '"artcle"', ["sources.papers.follow_up: no built-in template has this name; did"]),
        ('"{{ explain }}"', '"{{ explian }}"', ["sources.papers.follow_up: unknown name 'explian'; did you mean 'explain'?"]),
        (f'{STEPS}\nfollow_up = "{{{{ explain }}}}"', 'follow_up = "article"', ["sources.papers.follow_up: needs steps"]),
        ('"{{ explain }}"', '"{{ explain }}"\ntemplate = "{{ translate }}"', ["sources.papers.template: unknown name 'translate'"]),
        ('kind = "feed"\nurl = "https://feeds.example/papers.xml"', 'kind = "hashtag"\ntag = "x"\nvia = "news"', [OF_PEOPLE]),
        ('kind = "feed"\nurl = "https://feeds.example/papers.xml"', 'kind = "account"\nacct = "@a@other.example"\nvia = "news"', [OF_PEOPLE]),
        ('kind = "feed"\nurl = "https://feeds.example/papers.xml"', 'kind = "account"\nacct = "@news@social.example"\nvia = "news"', []),
        ('kind = "files"', 'kind = "file"', ['accounts.archive.kind: must be "fediverse", "wordpress" or "files"; did']),
        (FOLDER, "", ['accounts.archive.folder: missing; an account of kind "files" needs it']),
        (FOLDER, f'{FOLDER}\nuser = "bot"', ["accounts.archive.user: is for accounts of kind wordpress alone"]),
        (FOLDER, f'{FOLDER}\nformat = "md"', ['accounts.archive.format: must be "markdown" or "html"']),
        (FOLDER, f"{FOLDER}\nai_share = 50", ["accounts.archive.ai_share: must be at most 1"]),
        (FOLDER, f'{FOLDER}\ntemplate = "artikle"', ["accounts.archive.template: no built-in template has this name; did"]),
        ('user = "bot"\n', "", ['accounts.blog.user: missing; an account of kind "wordpress" needs it']),
        ('user = "bot"', 'user = "bot"\nstatus = "drat"', ['accounts.blog.status: must be "draft", "publish"']),
        ("https://blog.example", "http://blog.example", ["accounts.blog.server: http:// would send the token"]),
    ],
)  # fmt: skip
def test_a_mistake_has_one_message_that_says_what_to_do(tmp_path, before, after, expected):
    assert before in PLAIN
    messages = faults(tmp_path, PLAIN.replace(before, after, 1) if before else PLAIN)
    for message, beginning in zip(messages, expected, strict=True):
        assert message.startswith(beginning)
