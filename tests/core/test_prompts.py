"""Prompts: what a step is asked about an entry, within its bounds, and the digest of it."""

import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reblogbot.config.settings import SourceSettings, StepSettings
from reblogbot.core.prompts import Prompt, digest, prompt_job, prompts
from reblogbot.model import Entry, StepRequest, StepText
from reblogbot.runtime import parser_replies

CHAT = StepSettings(
    name="explain",
    kind="chat",
    url="http://127.0.0.1:11434/v1",
    model="qwen3:8b",
    system="You explain to {{ source }}.",
    prompt="{{ title }}\n{{ summary }}\n{{ text }}",
)
COMMAND = StepSettings(name="translate", kind="command", command="translate --to zh")
SOURCE = SourceSettings(
    name="s",
    kind="feed",
    to=("news",),
    url="https://a.example/feed?key=in-the-url",
    steps=("points", "explain"),
    hashtags=1,
    timezone="Asia/Shanghai",
)
ENTRY = Entry(
    title="A  title\u202e",
    link="https://a.example/1?utm_source=x",
    summary="Ask @bob about #it.\n\n\n\nNow.",
    authors=("Ada", "Bo"),
    categories=("News",),
    score=3.0,
    comments=2,
    published_at=datetime(2026, 11, 27, 12, tzinfo=UTC),
    language="en",
    text="Page text.",
)


def prompt_of(step=CHAT, entry=ENTRY, results=None, **keys):
    job = prompt_job(step.model_copy(update=keys), SOURCE, "A feed")
    (prompt,) = prompts(replace(job, entries=(entry,), results=(results or {},)))
    return prompt


def request_of(*args, **keys):
    prompt = prompt_of(*args, **keys)
    assert prompt.reason == ""
    return prompt.request


def test_a_prompt_has_the_words_of_the_entry_cleaned_and_not_defused():
    assert request_of() == StepRequest(
        "A title\nAsk @bob about #it.\n\nNow.\nPage text.", "You explain to A feed."
    )


def test_earlier_results_have_their_names():
    results = {"points": StepText("- one", "A title of it")}
    request = request_of(
        prompt="{{ points }}|{{ points_title }}|{{ results }}|{{ link }}|{{ authors }}",
        results=results,
    )
    assert request.prompt == "- one|A title of it|- one|https://a.example/1|Ada, Bo"


def test_a_command_reads_an_object_of_the_entry():
    request = request_of(COMMAND, results={"points": StepText("- one")})
    assert request.system == ""
    assert request.prompt.endswith("}\n")
    assert json.loads(request.prompt) == {
        "title": "A title",
        "summary": "Ask @bob about #it.\n\nNow.",
        "link": "https://a.example/1",
        "author": "Ada",
        "authors": ["Ada", "Bo"],
        "source": "A feed",
        "score": 3.0,
        "comments": 2,
        "tags": ["#News"],
        "published": "2026-11-27T20:00:00+08:00",
        "language": "en",
        "text": "Page text.",
        "results": {"points": "- one"},
    }


@pytest.mark.parametrize(
    "hostile", ["{{ 7 * 7 }}", "{% for a in 'b' %}x{% endfor %}", "{# gone #}"]
)
def test_syntax_of_templates_in_an_entry_is_never_evaluated(hostile):
    entry = Entry(title=hostile, summary=hostile, text=hostile)
    assert request_of(entry=entry).prompt == "\n".join([hostile] * 3)
    results = {"points": StepText(hostile)}
    assert request_of(prompt="{{ points }}", results=results).prompt == hostile


LONG = Entry(title="The title. " * 3, summary="A summary. " * 30, text="Page text. " * 300)


@pytest.mark.parametrize("step", [CHAT, COMMAND])
@pytest.mark.parametrize(
    ("room", "title", "summary", "text"), [(5000, 3, 30, 300), (1500, 3, 30, -1), (300, 3, -1, 0)]
)
def test_the_text_is_cut_first_then_the_summary_at_sentences(step, room, title, summary, text):
    request = request_of(step, LONG, max_input=room)
    assert len(request.prompt) + len(request.system) <= room
    counts = {"The title.": title, "A summary.": summary, "Page text.": text}
    for sentence, count in counts.items():
        if count >= 0:
            assert request.prompt.count(sentence) == count
        else:
            assert request.prompt.count(sentence) > 3
    if room < 5000:
        assert len(request.prompt) + len(request.system) > room - 30


def test_a_prompt_that_fits_by_no_means_is_a_failure_of_this_entry():
    prompt = prompt_of(prompt="word " * 100 + "{{ title }}", max_input=50)
    assert prompt.request is None
    assert prompt.reason.endswith("max_input = 50")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("{{ score + 1 }}", "template, line 1"), ("{{ author }}", "the prompt is empty")],
)
def test_a_template_that_fails_on_one_entry_does_not_stop_the_others(text, reason):
    job = prompt_job(CHAT.model_copy(update={"prompt": text}), SOURCE, "")
    failed, good = prompts(
        replace(job, entries=(Entry(title="t"), Entry(score=1.0, authors=("Ada",))))
    )
    assert failed.reason.startswith(reason)
    assert good.request is not None


def test_the_same_entry_makes_the_same_words():
    assert request_of() == request_of()
    assert request_of(COMMAND) == request_of(COMMAND)


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"model": "other"}, False),
        ({"temperature": 0.4}, False),
        ({"max_output": 5}, False),
        ({"command": "other"}, False),
        ({"kind": "command"}, False),
        ({"url": "https://other.example/v1"}, True),
        ({"key_env": "KEY"}, True),
        ({"per_day": 1}, True),
        ({"links": "keep"}, True),
        ({"prompt": "a template is not the words"}, True),
    ],
)
def test_the_digest_is_of_the_words_and_the_model(change, is_same):
    request = StepRequest("words", "system")
    before, after = digest(CHAT, request), digest(CHAT.model_copy(update=change), request)
    assert len(before) == 32
    assert (before == after) is is_same


def test_no_two_requests_have_the_same_digest():
    requests = [
        StepRequest("ab", "c"),
        StepRequest("a", "bc"),
        StepRequest("abc"),
        StepRequest("\ud800"),
    ]
    assert len({digest(CHAT, request) for request in requests}) == len(requests)


def test_nothing_secret_goes_into_the_child():
    step = CHAT.model_copy(
        update={
            "url": "https://in-the-host.example/v1",
            "key_env": "IN_KEY",
            "command": "in-command",
        }
    )
    sent = pickle.dumps(prompt_job(step, SOURCE, "A feed"))
    for secret in (b"in-the-host", b"IN_KEY", b"in-command", b"in-the-url"):
        assert secret not in sent


def test_prompts_can_be_sent_back_from_the_child():
    result = (prompt_of(), Prompt(reason="why"))
    assert (
        parser_replies.decode(parser_replies.return_type(prompts), parser_replies.encode(result))
        == result
    )
