"""Texts that are too long for one post, as threads."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.core.text.measure import length
from reblogbot.core.threads import MOST_PARTS, parts
from reblogbot.model import Media, Post, ServerLimits

LIMITS = ServerLimits(100, 23)
LINK = "https://arxiv.org/abs/2611.00001"


def texts(text, limits=LIMITS, **chosen):
    return [part.text for part in parts(Post("post", text, **chosen), limits)]


def test_a_text_that_fits_is_one_post():
    post = Post("post", "short", shorter="s")
    assert parts(post, LIMITS) == [post]


def test_a_text_is_split_between_paragraphs():
    paragraphs = [letter * 60 for letter in "abc"]
    assert texts("\n\n".join(paragraphs)) == paragraphs


def test_a_long_paragraph_is_split_between_sentences_else_between_words():
    sentence = "This is a sentence of some words, in all forty-nine."
    assert texts(f"{sentence} {sentence} {sentence}") == [sentence, sentence, sentence]
    first, second = texts("word " * 30)
    assert first == ("word " * 20).strip()
    assert second == ("word " * 10).strip()
    assert texts("第一句话在这里。" * 20)[0] == "第一句话在这里。" * 12
    assert texts("x" * 250) == ["x" * 100, "x" * 100, "x" * 50]


def test_label_and_link_and_images_are_in_the_first_part():
    body = "Summary: " + "a long summary " * 12
    text = f"Title\n{body}\n\nAI-written summary\nThe explanation.\n\n{LINK}"
    image = Media("https://a.example/1.png")
    first, *others = parts(
        Post("post", text, link=LINK, language="en", is_generated=True, media=(image,)), LIMITS
    )
    assert first.text.endswith(f"\n\nAI-written summary\n{LINK}")
    assert (first.link, first.media, first.part) == (LINK, (image,), 1)
    assert all("AI-written" not in part.text and LINK not in part.text for part in others)
    assert others[-1].text.endswith("The explanation.")
    assert {part.media for part in others} == {()}
    assert [part.part for part in others] == list(range(2, len(others) + 2))


def test_a_text_for_more_than_ten_parts_is_cut_at_a_sentence():
    sentences = [f"Sentence {number} of a long text." for number in range(200)]
    posts = texts(" ".join(sentences))
    assert len(posts) == MOST_PARTS
    assert posts[-1].endswith("text. …")
    assert " ".join(posts)[:-2] == " ".join(sentences)[: len(" ".join(posts)) - 2]


def test_no_link_is_cut_in_two():
    link = "https://example.org/" + "path/" * 8
    posts = texts(f"{'word ' * 15}{link} {'word ' * 15}", ServerLimits(100))
    assert any(link in post for post in posts)


def test_a_link_that_leaves_no_room_stays_where_it_is():
    link = "https://example.org/" + "x" * 70
    posts = texts(f"{'word ' * 30}\n{link}", ServerLimits(100), link=link)
    assert posts[0] == ("word " * 20).strip()
    assert posts[-1] == link


@pytest.mark.parametrize("spoiler", ["", "a warning"])
@settings(max_examples=100)
@given(
    st.lists(
        st.sampled_from(
            [
                "word ",
                "第一句。",
                "A sentence. ",
                "\n\n",
                "\n",
                LINK,
                " ",
                "e\u0301",
                "👩\u200d👩\u200d👧",
                "x" * 40,
            ]
        ),
        max_size=120,
    ).map("".join),
    st.integers(70, 300),
)
def test_every_part_fits_and_nothing_is_lost(spoiler, text, limit):
    limits = ServerLimits(limit, 23)
    text = text.strip()
    posts = parts(Post("post", text, spoiler=spoiler), limits)
    assert len(posts) <= MOST_PARTS
    for post in posts:
        assert post.text or not text
        assert length(post.text, limits, spoiler) == post.length or len(posts) == 1
        assert length(post.text, limits, spoiler) <= limit
    if len(posts) < MOST_PARTS:
        assert "".join("".join(post.text for post in posts).split()) == "".join(text.split())
