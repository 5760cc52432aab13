"""Four times the foreign text costs at most eight times the CPU, whatever reads it."""

import importlib
import inspect
import warnings
from contextlib import suppress
from pathlib import Path

import pytest

import reblogbot
from foreign_readers import BY_LEXBOR, EDGES, MODULES, NASTY, NESTING, OWN, READERS, TIMED
from growth import FACTOR, growth
from reblogbot.errors import ReblogbotError

QUICK = 8_000
SOME = 5


def public_functions(module):
    imported = importlib.import_module(f"reblogbot.{module}")
    return {
        f"{module}.{name}"
        for name, value in vars(imported).items()
        if not name.startswith("_")
        and (
            (
                inspect.isfunction(inspect.unwrap(value) if callable(value) else value)
                and value.__module__ == imported.__name__
            )
            # the methods of a table of the module
            or (inspect.ismethod(value) and value.__self__ is vars(imported).get("TABLE"))
        )
    }


def test_every_module_that_may_read_foreign_text_is_listed():
    source = Path(reblogbot.__file__).parent
    there = {
        ".".join(path.relative_to(source).with_suffix("").parts)
        for folder in ("core/text", "sources", "steps", "targets")
        for path in (source / folder).rglob("*.py")
        if path.stem != "__init__"
    }
    assert there - {*MODULES} == EDGES


def test_every_public_function_over_foreign_text_is_measured():
    there = set().union(*map(public_functions, MODULES))
    assert there - READERS.keys() - OWN - TIMED == set()
    assert (READERS.keys() | OWN | TIMED) - there == set()
    assert READERS.keys() & (OWN | TIMED) == set()


def reading(name):
    """The reader, for which refusing a text is as good as reading it."""

    def read(text):
        with suppress(ReblogbotError, ValueError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            READERS[name](text)

    return read


def worst(name, fragments, most):
    """The fragment whose repetition costs more than in proportion, and by how much; or None."""
    read = reading(name)
    if name in BY_LEXBOR:
        fragments = [
            fragment for fragment in fragments if not any(tag in fragment for tag in NESTING)
        ]
    read("imported and compiled")
    for fragment in fragments:
        factor = growth(
            read, lambda size, fragment=fragment: fragment * (size // len(fragment)), most
        )
        if factor > FACTOR:
            return fragment, factor
    return None


@pytest.mark.parametrize(("number", "name"), [*enumerate(READERS)])
def test_four_times_the_text_costs_no_reader_more_than_eight_times_the_cpu(number, name):
    # each reader meets some, and each fragment many readers; `make growth` tries all on all
    assert worst(name, NASTY[number % SOME :: SOME], QUICK) is None


def test_the_measure_tells_what_is_out_of_proportion():
    def squared(text):
        return sum(left == right for left in text for right in text)

    assert growth(squared, lambda size: "a" * (size // 5), QUICK) > FACTOR
    assert growth(lambda text: sum(map(ord, text)), lambda size: "a" * size, 1 << 20) <= FACTOR
