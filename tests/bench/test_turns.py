"""Two programs are measured by turns, and compared pair by pair."""

from functools import partial

from bench.turns import alternate, ratio


def test_programs_run_by_turns():
    order = []
    alternate({"a": partial(order.append, "a"), "b": partial(order.append, "b")}, 3)
    assert order == list("ababab")


def test_a_ratio_is_the_median_of_the_pairs_so_that_a_busy_minute_does_not_count():
    assert ratio([1, 20, 1], [2, 40, 0.1]) == 0.5
