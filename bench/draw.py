"""Draws the picture of docs/scale.md: `python draw.py TO.svg < numbers.json`."""

import json
import sys

import matplotlib as mpl

mpl.use("svg")
# text stays text: small, and in the reader's own letters
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "reblogbot", "font.size": 10})

from matplotlib import pyplot as plt  # noqa: E402  after the backend is chosen

# readable on white and on black
GREY = "#848d97"
COLOURS = ("#2f81f7", "#db6d28", "#3fb950", "#bc8cff")


def main() -> None:
    """One picture of two panels: what work costs by size, and how a store grows."""
    numbers = json.load(sys.stdin)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    for colour, (what, times) in zip(COLOURS, numbers["cost"].items(), strict=False):
        left.loglog(numbers["keys"], times, "o-", color=colour, label=what)
    left.set(xlabel="remembered keys (a hundred for each source)", ylabel="ms of CPU")
    left.set_ylim(0.1, 100)
    for colour, (what, sizes) in zip(COLOURS, numbers["growth"].items(), strict=False):
        right.plot(range(1, len(sizes) + 1), sizes, color=colour, label=what)
    right.set(xlabel="days", ylabel="MB of the store", ylim=(0, None))
    for axes in (left, right):
        axes.tick_params(which="both", colors=GREY)
        axes.xaxis.label.set_color(GREY)
        axes.yaxis.label.set_color(GREY)
        for spine in axes.spines.values():
            spine.set_color(GREY)
        axes.grid(visible=True, color=GREY, alpha=0.25)
        axes.legend(frameon=False, labelcolor=GREY, loc="upper left")
    figure.tight_layout()
    figure.savefig(sys.argv[1], transparent=True, metadata={"Date": None})


if __name__ == "__main__":
    main()
