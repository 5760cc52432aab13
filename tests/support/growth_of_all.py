"""Every reader of foreign text with every fragment, and with texts of fragments: takes hours.

`make growth` runs it; with names of readers as arguments it measures these alone. The tests
measure a part of it (test_growth.py).
"""

import random
import sys

from test_growth import QUICK, worst

from foreign_readers import NASTY, READERS

# far beyond what any reader is handed whole, except documents, which have a child and a deadline
MOST = 64_000
MIXTURES = 25


def mixtures(name):
    """Some texts of several fragments, the same with each run."""
    rng = random.Random(name)
    return ["".join(rng.sample(NASTY, rng.randint(2, 4))) for _ in range(MIXTURES)]


def main(names):
    failed = 0
    for name in names or READERS:
        finding = worst(name, [*NASTY, *mixtures(name)], QUICK) or worst(name, NASTY, MOST)
        failed += finding is not None
        print(f"{name}: {finding or 'in proportion'}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
