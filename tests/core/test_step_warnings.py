"""What `check` says of steps: what leaves the machine, and what does not fit."""

import pytest

from reblogbot import app
from reblogbot.config.lint import find_warnings
from reblogbot.core.step_warnings import step_inputs, step_warnings

TEMPLATE = 'template = "{{ title }} {{ link }} {{ explain }}"'


@pytest.fixture
def load(tmp_path):
    """Loads a config with a step and a source that has it."""

    def config(step="", source=TEMPLATE, more="", url="https://api.example.org/v1", account=""):
        (tmp_path / "news.token").write_text("0123456789abcdef")
        (tmp_path / "news.token").chmod(0o600)
        path = tmp_path / "config.toml"
        path.write_text(
            f"""
[accounts.news]
server = "https://social.example"
token_file = "news.token"
{account}
[steps.explain]
kind = "chat"
url = "{url}"
model = "small"
{step if "prompt" in step else 'prompt = "Explain {{ title }} {{ summary }}"'}
{"" if "prompt" in step else step}
{more}
[sources.papers]
kind = "feed"
url = "https://feeds.example/papers.xml"
to = ["news"]
steps = ["explain"]
{source}
"""
        )
        return app.load_config(path)

    return config


def messages(config, environ=None):
    found = find_warnings(config, environ or {}, others=step_warnings(config))
    return [f"{each.path}: {each.message}" for each in found]


def test_a_plain_step_has_no_warnings(load):
    assert messages(load()) == []


@pytest.mark.parametrize(
    ("url", "stays"),
    [
        ("https://api.example.org/v1", "api.example.org"),
        ("http://127.0.0.1:11434/v1", "127.0.0.1:11434; it stays on this machine"),
        ("http://[::1]:11434/v1", "[::1]:11434; it stays on this machine"),
        ("http://192.168.1.4:11434/v1", "192.168.1.4:11434; it stays on this network"),
        ("http://gpu.lan:8000/v1", "gpu.lan:8000; it stays on this network"),
    ],
)
def test_what_is_sent_and_where_it_goes_is_said_of_each_step(load, url, stays):
    (given,) = step_inputs(load(url=url))
    assert given.text == f"[steps.explain] sends title and summary of entries of papers to {stays}"


def test_results_of_earlier_steps_and_what_a_program_gets_are_named(load):
    more = """
[steps.short]
kind = "chat"
url = "http://127.0.0.1:11434/v1"
model = "small"
prompt = "Shorten {{ results }}"
[steps.translate]
kind = "command"
command = "/usr/bin/translate --key s3cr3t"
"""
    steps = 'steps = ["explain", "short", "translate"]'
    config = load(more=more)
    text = config.path.read_text().replace('steps = ["explain"]', steps)
    given = {each.name: each for each in step_inputs(app.load_config(config.path, text))}
    assert given["short"].sends == ("explain",)
    assert given["translate"].sends[0] == "title"
    assert given["translate"].sends[-2:] == ("explain", "short")
    assert "text" in given["translate"].sends
    assert (given["translate"].place, given["translate"].reach) == ("/usr/bin/translate", "program")
    assert "s3cr3t" not in given["translate"].text
    assert given["translate"].text.endswith(
        "to the program /usr/bin/translate, which may send it on"
    )


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"source": f"{TEMPLATE}\nai_label = false\nreview = false"}, "sources.papers.ai_label: "),
        ({"source": f"{TEMPLATE}\nai_label = false"}, ""),
        ({"source": f"{TEMPLATE}\nreview = false"}, ""),
        ({"source": ""}, "sources.papers.steps: no template of the source"),
        ({"source": 'follow_up = "article"'}, ""),
        ({"source": 'follow_up = "{{ explain_title }}"'}, ""),
        (
            {"source": 'template = "{{ title }} {{ text }} {{ link }} {{ explain }}"'},
            "sources.papers: the template has the name text, which is empty",
        ),
        (
            {"step": 'prompt = "Explain {{ text }}"'},
            "sources.papers: the prompt of explain has the name text, which is empty",
        ),
        ({"source": f"{TEMPLATE}\npage_text = true"}, "sources.papers.page_text: is read for"),
        (
            {"step": 'prompt = "{{ text }}"', "source": f"{TEMPLATE}\npage_text = true"},
            "",
        ),
        (
            {"source": 'template = "{{ title }} {{ explain }} {{ link }}"'},
            "sources.papers.template: the link to the source stands behind",
        ),
        (
            {"source": 'template = "{{ title }} {{ explain }}"'},
            "sources.papers.template: the link to the source stands behind",
        ),
        ({"step": "max_input = 5"}, "steps.explain.max_input: is too small"),
        ({"url": "http://api.example.org/v1"}, "steps.explain.url: what is asked is sent"),
        (
            {"url": "http://api.example.org/v1", "step": 'key_env = "KEY"'},
            "steps.explain.url: the key and what is asked are sent",
        ),
        ({"step": 'key_env = "NO_KEY"'}, "steps.explain.key_env: no key"),
        (
            {"more": '[steps.other]\nkind = "command"\ncommand = "cat"'},
            "steps.other: no source has this step",
        ),
        (
            {
                "step": 'prompt = "{{ title }} {{ other }}"',
                "more": '[steps.other]\nkind = "command"\ncommand = "cat"\n'
                '[sources.pages]\nkind = "feed"\nurl = "https://feeds.example/pages.xml"\nto = ["news"]\n'
                'steps = ["other"]\ntemplate = "{{ link }} {{ other }}"',
            },
            "sources.papers.steps: explain asks for the result of other, which does not run before",
        ),
        ({"account": "ai_share = 0"}, "accounts.news.ai_share: is 0"),
    ],
)
def test_what_does_not_fit_is_warned_of_at_its_key(load, keys, expected):
    found = messages(load(**keys), {"KEY": "sk-0123456789abcdef"})
    if expected:
        (message,) = found
        assert message.startswith(expected)
    else:
        assert found == []


def test_a_key_that_others_can_read_is_warned_of(load, tmp_path):
    file = tmp_path / "key"
    file.write_text("sk-0123456789abcdef")
    file.chmod(0o644)
    (message,) = messages(load(step='key_file = "key"'))
    assert message == "steps.explain.key_file: other users can read the key; run chmod 600 key"
