"""Generated configs in every spelling that TOML has, to be edited."""

from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from reblogbot.config.toml_values import toml_key, toml_value

NAMES = ["a", "b", "cold ones", "中文", "d.e"]
KEYS = ["url", "every", "to", "template", "first", "x-y"]
FILTER_KEYS = ["max_age", "include", "not in use"]
VALUES = st.one_of(
    st.integers(-9, 10**12),
    st.booleans(),
    st.text(st.sampled_from("ab =[]{}#\"'\\\n\t,.中"), max_size=12),
    st.lists(st.text(st.sampled_from("ab#]'\","), max_size=4), max_size=3),
)


@dataclass
class Line:
    """One or more lines of a generated config, and the paths of the keys that they set."""

    text: str
    paths: tuple = ()


class Layout:
    """Writes tables in every spelling that TOML has, with much that is odd."""

    def __init__(self, seed):
        # hypothesis would draw each of these choices slowly
        self.random = Random(seed)
        self.root, self.within, self.blocks = [], [], []

    def chance(self):
        return self.random.randrange(3) == 0

    def any_of(self, *texts):
        return self.random.choice(texts)

    def key(self, *names):
        written = [f'"{name}"' if self.chance() else toml_key(name) for name in names]
        return self.any_of(".", ".", " . ").join(written)

    def value(self, value):
        if isinstance(value, list) and self.chance():
            elements = "".join(f"\n  {toml_value(element)}, # ] a = 1" for element in value)
            return f"[ # [x]{elements}\n]"
        if isinstance(value, str) and self.chance() and value.isalpha():
            return self.any_of(f"'{value}'", f'"""\n{value}\\\n  # a\n[x]\n"""')
        return toml_value(value)

    def inline(self, table):
        pairs = [
            f"{self.key(name)} = {self.inline(value) if isinstance(value, dict) else toml_value(value)}"
            for name, value in table.items()
        ]
        gap = self.any_of("", " ")
        return f"{{{gap}{', '.join(pairs)}{gap}}}"

    def noise(self, path):
        number = self.random.randrange(3)
        return [Line(self.any_of("# [a]", "", "#", "  # x = 1"), (path,)) for _ in range(number)]

    def header(self, path):
        gap = self.any_of("", "", " ")
        return Line(f"[{gap}{self.key(*path)}{gap}]", (path,))

    def pairs(self, path, prefix, table):
        """A table as lines, each with a dotted prefix."""
        for name, value in table.items():
            names, inner = (*prefix, name), (*path, name)
            if isinstance(value, dict) and (self.chance() or not value):
                yield Line(f"{self.key(*names)} = {self.inline(value)}", (inner,))
            elif isinstance(value, dict):
                yield from self.pairs(inner, names, value)
            else:
                indentation, equals = self.any_of("", "  "), self.any_of(" = ", "=", "  =\t")
                end = self.any_of("", "", " # a = 1", "\t")
                written = f"{indentation}{self.key(*names)}{equals}{self.value(value)}{end}"
                yield Line(written, (inner,))
            if self.chance():
                yield from self.noise(path)

    def add_with_header(self, path, table):
        table = dict(table)
        if "filter" in table and self.chance():
            inner = (*path, "filter")
            filters = self.pairs(inner, (), table.pop("filter"))
            self.blocks.append([self.header(inner), *filters])
        self.blocks.append([self.header(path), *self.noise(path), *self.pairs(path, (), table)])

    def add(self, style, name, table):
        path = ("sources", name)
        match self.any_of(style, "headers"):
            case "within" if self.chance():
                self.within.append(Line(f"{self.key(name)} = {self.inline(table)}", (path,)))
            case "within":
                self.within += self.pairs(path, (name,), table)
            case "dotted":
                self.root += self.pairs(path, ("sources", name), table)
            case _:
                self.add_with_header(path, table)

    def lines(self):
        if self.within:
            self.blocks.append([Line("[sources]"), *self.within])
        self.blocks.append([Line("[accounts.news]"), Line('server = "x" # [x]')])
        lines = [Line("top = 1"), *self.root]
        self.random.shuffle(self.blocks)
        for number, block in enumerate(self.blocks):
            lines += [Line(text) for text in self.any_of((), ("",), ("", f"# free {number}", ""))]
            lines += block
        newline = self.any_of("\n", "\r\n")
        for line in lines:
            line.text = line.text.replace("\n", newline) + newline
        if self.chance():
            lines[-1].text = lines[-1].text.removesuffix(newline)
        return lines


FILTERS = st.dictionaries(st.sampled_from(FILTER_KEYS), VALUES, max_size=2)
TABLES = st.builds(
    lambda table, filters: table if filters is None else {**table, "filter": filters},
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4, min_size=1),
    st.none() | FILTERS,
)


@st.composite
def layouts(draw):
    """The lines of a valid document with sources."""
    layout = Layout(draw(st.integers(0, 2**32)))
    sources = draw(st.dictionaries(st.sampled_from(NAMES), TABLES, max_size=4))
    style = layout.any_of("headers", "headers", "within", "dotted", "inline")
    if style == "inline":
        layout.root.append(Line(f"sources = {layout.inline(sources)}", (("sources",),)))
    else:
        for name, table in sources.items():
            layout.add(style, name, table)
    return layout.lines()


def text_of(lines):
    return "".join(line.text for line in lines)


def is_concerned(line, keys):
    """Whether an edit of this key or table may change the line."""
    return any(path[: len(keys)] == keys or keys[: len(path)] == path for path in line.paths)


def assert_others_stay(lines, keys, toml):
    """Every line that the edit does not concern is in the new text, in its order."""
    offset = 0
    for line in lines:
        if is_concerned(line, keys) or not line.text.strip():
            continue
        offset = toml.find(line.text.rstrip("\r\n"), offset)
        assert offset >= 0, (line.text, toml)
        offset += len(line.text.rstrip("\r\n"))
    if "\r\n" in text_of(lines):
        assert toml.count("\n") == toml.count("\r\n")
    assert toml.endswith("\n") == text_of(lines).endswith("\n")
