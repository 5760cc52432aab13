"""What steps are given, and warnings about steps and templates that do not fit each other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from reblogbot.config.hosts import is_loopback, is_private
from reblogbot.config.lint import Warnings
from reblogbot.config.settings import Config, SourceSettings, StepSettings
from reblogbot.core.templates import TemplateContext, compile_template, step_names
from reblogbot.errors import ReblogbotError
from reblogbot.words import Words

Reach = Literal["machine", "network", "internet", "program"]
"""Where a step's words go: to this machine alone, to a private network, anywhere, or to a program,
which may send them on."""
RESULTS = "results"
_SENTENCES: Mapping[Reach, Words] = {
    "internet": Words("[steps.{name}] sends {values} of entries of {sources} to {place}"),
    "network": Words(
        "[steps.{name}] sends {values} of entries of {sources} to {place}; it stays on this network"
    ),
    "machine": Words(
        "[steps.{name}] sends {values} of entries of {sources} to {place}; it stays on this machine"
    ),
    "program": Words(
        "[steps.{name}] gives {values} of entries of {sources} to the program {place}, which may "
        "send it on"
    ),
}
_NAMES = tuple(TemplateContext._fields)
_SAMPLE = TemplateContext(
    title="\ue000", summary="\ue001", link="https://reblogbot.invalid/1", text="\ue002"
)
_SAMPLE_RESULT = "\ue003"


@dataclass(frozen=True, slots=True)
class StepInput:
    """What a step is given of the entries of which sources, and where that goes.

    `sends` are names of an entry's values, and of steps whose results are given to it.
    """

    name: str
    sends: tuple[str, ...]
    sources: tuple[str, ...]
    place: str
    """The host of its service, or the program."""
    reach: Reach

    @property
    def text(self) -> str:
        """The same in a sentence, for a person."""
        return _SENTENCES[self.reach].filled(
            name=self.name,
            values=_listed(self.sends) or "-",
            sources=", ".join(self.sources) or "-",
            place=self.place,
        )


def step_inputs(config: Config) -> list[StepInput]:
    """What each step of the config is given."""
    return [_step_input(step, config) for step in config.steps.values()]


def _step_input(step: StepSettings, config: Config) -> StepInput:
    sources = [source for source in config.sources.values() if step.name in source.steps]
    names = _names_given(step)
    earlier = {name for source in sources for name in _earlier(step.name, source)}
    values = [name for name in _NAMES if name in names and name != RESULTS]
    values += [
        name for name in config.steps if name in earlier and not names.isdisjoint(_results(name))
    ]
    return StepInput(
        step.name,
        tuple(values),
        tuple(source.name for source in sources),
        urlsplit(step.url).netloc.rpartition("@")[2] or step.command.split(maxsplit=1)[0],
        _reach(step),
    )


def _reach(step: StepSettings) -> Reach:
    if step.kind == "command":
        return "program"
    if is_loopback(step.url):
        return "machine"
    return "network" if is_private(step.url) else "internet"


def _listed(names: Collection[str]) -> str:
    """`title, summary and text`."""
    *others, last = names or [""]
    return f"{', '.join(others)} and {last}" if others else last


def _earlier(name: str, source: SourceSettings) -> tuple[str, ...]:
    return source.steps[: source.steps.index(name)]


def _results(step: str) -> set[str]:
    """The names under which the result of a step is given to a template."""
    return {*step_names([step]), RESULTS}


def _names_given(step: StepSettings) -> frozenset[str]:
    """The names whose values a step is given; a program gets them all."""
    if step.kind == "command":
        return frozenset(_NAMES)
    return frozenset().union(*map(_names_in, (step.system, step.prompt)))


def _names_in(template: str) -> frozenset[str]:
    try:
        return compile_template(template).names if template else frozenset()
    except ReblogbotError:
        return frozenset()


# warnings


def step_warnings(config: Config) -> Warnings:
    """The warnings about steps, and about the templates of sources that have any."""
    for name, step in config.steps.items():
        at = ("steps", name)
        if not any(name in source.steps for source in config.sources.values()):
            yield at, Words("no source has this step")
        size = _size_of_template(step)
        if size > step.max_input:
            message = Words(
                "is too small: the prompt has {count} characters without an entry's texts",
                count=size,
            )
            yield (*at, "max_input"), message
    for source in config.sources.values():
        if source.enabled:
            yield from _of_source(source, config)


def _size_of_template(step: StepSettings) -> int:
    """The size of the prompt for an entry without texts, in characters."""
    try:
        return sum(
            len(compile_template(text).render(TemplateContext()))
            for text in (step.system, step.prompt)
            if text
        )
    except ReblogbotError:
        return 0


def _of_source(source: SourceSettings, config: Config) -> Warnings:
    at = ("sources", source.name)
    templates = _templates(source, config)
    names = frozenset().union(*map(_names_in, templates))
    steps = [config.steps[name] for name in source.steps]
    yield from _page_text(source, names, steps)
    if not steps:
        return
    for number, step in enumerate(steps):
        # a program is given what there is
        asked = _names_given(step) if step.kind == "chat" else frozenset()
        earlier = source.steps[:number]
        for name in config.steps:
            if name not in earlier and not asked.isdisjoint(step_names([name])):
                message = Words(
                    "{step} asks for the result of {name}, which does not run before it",
                    step=step.name,
                    name=name,
                )
                yield (*at, "steps"), message
        later = frozenset().union(*map(_names_given, steps[number + 1 :]))
        if _results(step.name).isdisjoint(names | later):
            message = Words(
                "no template of the source, and no later step, has the result of {name}",
                name=step.name,
            )
            yield (*at, "steps"), message
    is_generated = any(step.kind == "chat" for step in steps)
    for name in source.to if is_generated else ():
        if config.accounts[name].most_generated == 0:
            message = Words("is 0: what {source} has of a model waits for ever", source=source.name)
            yield ("accounts", name, "ai_share"), message
    if is_generated and not (source.ai_label or source.review or source.review_generated):
        message = Words(
            "posts do not say that a model wrote the text, and no person reads it before it goes "
            "out; leave one of ai_label and review on"
        )
        yield (*at, "ai_label"), message
    if any(map(_hides_link, [template for template in templates if template != source.follow_up])):
        message = Words(
            "the link to the source stands behind the results of steps, or is missing; put "
            "{{ link }} before them"
        )
        yield (*at, "template"), message


def _page_text(
    source: SourceSettings, names: Collection[str], steps: Collection[StepSettings]
) -> Warnings:
    at = ("sources", source.name)
    asking = [step.name for step in steps if step.kind == "chat" and "text" in _names_given(step)]
    is_used = "text" in names or bool(asking) or any(step.kind == "command" for step in steps)
    if source.page_text and not is_used:
        message = Words("is read for nothing: neither a template nor a prompt has the name text")
        yield (*at, "page_text"), message
    if source.page_text or not ("text" in names or asking):
        return
    if "text" in names:
        yield at, Words("the template has the name text, which is empty without page_text")
    else:
        message = Words(
            "the prompt of {name} has the name text, which is empty without page_text",
            name=asking[0],
        )
        yield at, message


def _templates(source: SourceSettings, config: Config) -> list[str]:
    """The templates that write the posts of a source, each once."""
    accounts = [config.accounts[name] for name in source.to]
    templates = [account.template or source.template for account in accounts]
    return [*dict.fromkeys(filter(None, [*templates, source.follow_up]))]


def _hides_link(template: str) -> bool:
    """Whether a post with results has its link behind them, or none."""
    try:
        compiled = compile_template(template)
        names = [name for name in compiled.names if name not in _NAMES]
        results = dict.fromkeys(names, _SAMPLE_RESULT)
        text = compiled.render(_SAMPLE._replace(results=_SAMPLE_RESULT), results)
    except ReblogbotError:
        return False
    if _SAMPLE_RESULT not in text:
        return False
    link = text.find(_SAMPLE.link)
    return link < 0 or link > text.find(_SAMPLE_RESULT)
