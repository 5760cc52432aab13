"""When the demo fails."""

import pytest

from reblogbot.demo.scenario import DemoResult

POST = {"action": "post", "url": "http://127.0.0.1/1", "text": "a"}


@pytest.mark.parametrize(
    ("posts", "missing", "again", "codes", "code"),
    [
        ([POST], 0, 0, (0, 0), 0),
        ([], 0, 0, (0, 0), 1),
        ([POST], 1, 0, (0, 0), 1),
        ([POST], 0, 1, (0, 0), 1),
        ([POST], 0, 0, (1, 0), 1),
        ([POST], 0, 0, (0, 1), 1),
    ],
)
def test_the_demo_succeeds_where_everything_is_there_once(posts, missing, again, codes, code):
    assert DemoResult(posts, [], missing, again, codes).exit_code() == code
