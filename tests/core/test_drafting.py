"""Drafts of entries for an account, and which settings go into the parser child."""

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core.drafting import Draft, draft_job, drafts, held_draft
from reblogbot.model import Batch, Entry, ServerLimits

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = AccountSettings(
    name="news", server="https://social.example", token_env="SECRET_VARIABLE", visibility="public"
)
STATUS = Entry(summary="words", link="https://s.example/@a/1", uri="https://s.example/users/a/1")


def source(**keys):
    return SourceSettings(name="s", kind="feed", to=("news",), **keys)


def drafted(*entries, stage="new", **keys):
    job = draft_job(source(**keys), ACCOUNT, ServerLimits(), Batch(title="A feed"), NOW)
    return drafts(replace(job, entries=entries, stage=stage))


def test_each_entry_gets_its_draft_in_order():
    good, empty, other = drafted(Entry("news", "https://a.example/1"), Entry(), Entry("b"))
    assert good.post.text == "news\nhttps://a.example/1"
    assert empty.reason.startswith("empty")
    assert other.post.text == "b"


@pytest.mark.parametrize("stage", ["new", "waiting", "posted"])
def test_a_filter_refuses_entries_of_every_stage(stage):
    keys = {"filter": {"exclude": ["advert"]}}
    entry = Entry("an advert", "https://a.example/1")
    assert drafted(entry, stage=stage, **keys) == (Draft(reason="exclude: advert was found"),)


@pytest.mark.parametrize(
    ("stage", "refused"), [("new", "max_age"), ("waiting", "min_score"), ("posted", "")]
)
def test_an_edit_needs_no_score_and_a_waiting_entry_is_not_too_old_yet(stage, refused):
    entry = Entry("a", "https://a.example/1", published_at=NOW - timedelta(days=9), score=1.0)
    (draft,) = drafted(entry, stage=stage, filter={"min_score": 5})
    assert draft.reason.partition(":")[0] == refused


def test_a_template_that_fails_on_one_entry_does_not_stop_the_others():
    failed, good = drafted(
        Entry("a", "https://a.example/1"),
        Entry("b", "https://a.example/2", score=2.0),
        template="{{ title }} {{ score > 1 }}",
    )
    assert failed.reason.startswith("template_failed")
    assert good.post is not None


def test_a_boost_is_not_composed():
    # this template fails on every entry without votes
    (draft,) = drafted(STATUS, action="boost", template="{{ score + 1 }}")
    post = draft.post
    assert (post.action, post.uri, post.text) == ("boost", STATUS.uri, "")
    assert (post.link, post.visibility) == (STATUS.link, "public")


def test_a_quote_has_a_text_and_names_its_status():
    (draft,) = drafted(STATUS, action="quote")
    assert (draft.post.action, draft.post.uri) == ("quote", STATUS.uri)
    assert draft.post.text.startswith("words")


SECRETS = ("in-the-url", "in-a-fallback", "in-a-header", "in-the-proxy", "SECRET_VARIABLE", "token")


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_secret_goes_into_the_child(secret, tmp_path):
    settings = source(
        url="https://a.example/feed?key=in-the-url",
        fallbacks=["https://b.example/feed?key=in-a-fallback"],
        headers={"Authorization": "in-a-header"},
        proxy="http://me:in-the-proxy@proxy.example:8080",
        options={"key": "token"},
    )
    account = ACCOUNT.model_copy(update={"token_file": tmp_path / "token"})
    job = draft_job(settings, account, ServerLimits(), Batch(), NOW)
    assert secret.encode() in pickle.dumps((settings, account))
    assert secret.encode() not in pickle.dumps(job).replace(b"token_file", b"").replace(
        b"token_env", b""
    )


def test_every_key_that_is_hidden_from_view_is_hidden_from_the_child():
    for table in (SourceSettings, AccountSettings):
        hidden = {name for name, field in table.model_fields.items() if not field.repr}
        job = draft_job(
            source(headers={"A": "b"}, proxy="http://p.example:1"),
            ACCOUNT,
            ServerLimits(),
            Batch(),
            NOW,
        )
        stripped = job.settings if table is SourceSettings else job.account
        assert not any(getattr(stripped, name) for name in hidden)


def test_composing_reads_no_key_that_the_child_does_not_get():
    """A key that is left out has its default there, which would pass unnoticed."""
    full = source(url="https://a.example/f", headers={"A": "b"}, hashtags=1, tags=["x"])
    entry = Entry("t", "https://a.example/1", categories=("News",))
    job = draft_job(full, ACCOUNT, ServerLimits(), Batch(title="T"), NOW)
    there = drafts(replace(job, entries=(entry,)))
    here = drafts(replace(job, settings=full, account=ACCOUNT, entries=(entry,)))
    assert there == here


def test_an_entry_that_took_too_long_is_held_with_its_title_and_link():
    job = draft_job(source(template="never used"), ACCOUNT, ServerLimits(), Batch(), NOW)
    entry = Entry("@somebody " * 100_000, "https://a.example/1", summary="@ " * 1_000_000)
    draft = held_draft(entry, job, "not_composed: why")
    title, link = draft.post.text.split("\n")
    assert draft.held == "not_composed: why"
    assert link == "https://a.example/1"
    assert title.startswith("somebody somebody")
    assert "@" not in draft.post.text
    assert draft.post.length <= draft.post.limit


def test_an_entry_without_title_and_link_is_refused_instead_of_held():
    job = draft_job(source(), ACCOUNT, ServerLimits(), Batch(), NOW)
    assert held_draft(Entry(guid="x"), job, "not_composed: why") == Draft(
        reason="not_composed: why"
    )
