"""Draws the diagram of docs/scale.md: `python draw.py TO.svg < numbers.json`."""

import json
import sys

import matplotlib as mpl

mpl.use("svg")
# text stays text: the file is smaller, and browsers use their own fonts
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "reblogbot", "font.size": 10})

from matplotlib import pyplot as plt  # noqa: E402  after the backend is chosen

# readable on a white and on a black page
GREY = "#848d97"
COLOURS = ("#2f81f7", "#db6d28", "#3fb950", "#bc8cff")


def main() -> None:
    """Draw two panels: the cost of operations by store size, and the growth of a store."""
    numbers = json.load(sys.stdin)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    for colour, (label, times) in zip(COLOURS, numbers["cost"].items(), strict=False):
        left.loglog(numbers["keys"], times, "o-", color=colour, label=label)
    left.set(xlabel="remembered keys (a hundred for each source)", ylabel="ms of CPU")
    left.set_ylim(0.1, 100)
    for colour, (label, sizes) in zip(COLOURS, numbers["growth"].items(), strict=False):
        right.plot(range(1, len(sizes) + 1), sizes, color=colour, label=label)
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
