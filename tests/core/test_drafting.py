"""Drafts of entries for an account, and which settings go into the parser child."""

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core.drafting import Draft, draft_job, drafts, held_draft
from reblogbot.model import Author, Batch, Entry, ServerLimits, StepText
from reblogbot.runtime import parser_replies

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


# steps

BLOG = AccountSettings(name="blog", kind="files", folder="posts")
PAPER = Entry("A paper", "https://arxiv.org/abs/2611.00001", summary="Words.")
PAGE = "https://s.example/@a/111111111111111111"
DONE = {"explain": StepText("Explained."), "points": StepText("- a\n- b")}


def with_steps(entry=PAPER, *, account=ACCOUNT, stage="new", keys=None, **job_keys):
    chosen = {"steps": ("explain", "points"), "template": "article", **(keys or {})}
    job = draft_job(source(**chosen), account, ServerLimits(100), Batch(), NOW)
    job = replace(job, stage=stage, generated=frozenset({"explain"}), **job_keys)
    (draft,) = drafts(replace(job, entries=(entry,)))
    return draft


def test_a_post_waits_for_all_steps_of_its_source():
    draft = with_steps()
    assert draft.waits_for == ("explain", "points")
    assert "〔explain〕\n\n〔points〕" in draft.post.text
    assert draft.post.is_generated
    assert draft.follow_up is None


def test_a_post_whose_steps_are_done_waits_for_nothing():
    draft = with_steps(results=DONE)
    assert draft.waits_for == ()
    assert draft.post.text.endswith("AI-written summary\nExplained.\n\n- a\n- b")
    assert (
        with_steps(results={}).post.text
        == "A paper\nhttps://arxiv.org/abs/2611.00001\nSummary: Words."
    )


def test_with_a_follow_up_the_post_waits_for_nothing_and_the_reply_for_all():
    keys = {"template": "{{ title }} {{ explain }}\n{{ link }}", "follow_up": "{{ results }}"}
    draft = with_steps(keys=keys)
    assert draft.waits_for == ()
    assert draft.post.text == "A paper\nhttps://arxiv.org/abs/2611.00001"
    assert not draft.post.is_generated
    assert draft.follow_up.text == "AI-written summary\n〔explain〕\n\n〔points〕"
    assert draft.follow_up.is_generated
    done = with_steps(keys=keys, results={"explain": StepText("Long. " * 100)})
    assert done.post == draft.post
    assert done.follow_up.length > done.follow_up.limit == 100
    assert with_steps(keys=keys, results={}).follow_up is None
    assert with_steps(keys=keys, stage="posted").follow_up is None


@pytest.mark.parametrize(
    ("template", "title"),
    [("", "Long: A paper"), ("# Own: {{ title }}\n{{ results }}", "Own: A paper")],
)
def test_where_posts_have_titles_there_is_one_article_and_no_reply(template, title):
    account = BLOG.model_copy(update={"template": template})
    keys = {"template": "link", "follow_up": "# Long: {{ title }}\n{{ results }}"}
    draft = with_steps(account=account, keys=keys)
    assert draft.waits_for == ("explain", "points")
    assert draft.post.article.title == title
    assert "〔explain〕" in draft.post.text
    assert draft.follow_up is None


@pytest.mark.parametrize("action", ["auto", "boost", "quote"])
def test_where_posts_have_titles_a_status_becomes_an_article(action):
    (draft,) = drafts(
        replace(
            draft_job(source(action=action), BLOG, ServerLimits(60_000), Batch(), NOW),
            entries=(STATUS,),
        )
    )
    assert draft.post.action == "post"
    assert draft.post.article.title == "words"
    assert draft.post.uri == ""


def test_a_boost_never_waits():
    draft = with_steps(STATUS, keys={"action": "boost"}, may_use_steps=True)
    assert (draft.post.action, draft.waits_for, draft.held) == ("boost", (), "")


PERSON = "step explain failed: it is what a person wrote, which is not given to a step"


@pytest.mark.parametrize(
    ("entry", "action", "may_use_steps", "refused"),
    [
        (PAPER, "auto", None, False),
        (PAPER, "auto", True, False),
        (PAPER, "auto", False, True),
        (STATUS, "post", None, True),
        (STATUS, "quote", None, True),
        (STATUS, "post", True, False),
        (replace(PAPER, author=Author(id="1")), "auto", None, True),
        (replace(PAPER, link=PAGE), "post", None, False),
        (replace(PAPER, link=PAGE), "quote", None, True),
    ],
)
def test_what_a_person_wrote_is_not_given_to_steps(entry, action, may_use_steps, refused):
    draft = with_steps(entry, keys={"action": action}, may_use_steps=may_use_steps)
    assert draft.held == (PERSON if refused else "")
    assert draft.waits_for == (() if refused else ("explain", "points"))
    assert ("〔" in draft.post.text) is not refused


def test_a_page_that_refuses_models_is_given_to_none_but_to_a_program():
    refused = replace(PAPER, ai_refusal="robots.txt: Content-Signal: ai-input=no")
    draft = with_steps(refused)
    assert draft.held == f"step explain failed: {refused.ai_refusal}"
    assert draft.waits_for == ()
    assert with_steps(refused, keys={"steps": ("points",)}).waits_for == ("points",)


def test_where_steps_are_refused_the_failure_of_a_step_is_followed_at_once():
    posted = with_steps(STATUS, keys={"action": "post", "on_step_failure": "post"})
    assert (posted.held, posted.waits_for) == ("", ())
    assert not posted.post.is_generated
    dropped = with_steps(STATUS, keys={"action": "post", "on_step_failure": "drop"})
    assert dropped == Draft(reason=PERSON)
    short = with_steps(
        STATUS, keys={"action": "post", "on_step_failure": "post", "follow_up": "article"}
    )
    assert short.follow_up is None


@pytest.mark.parametrize("on_step_failure", ["hold", "post", "drop"])
def test_the_short_form_goes_out_where_the_page_refuses_models(on_step_failure):
    """It was held, or dropped, although it waits for no step."""
    refused = replace(PAPER, ai_refusal="noai")
    keys = {"template": "link", "follow_up": "{{ results }}", "on_step_failure": on_step_failure}
    draft = with_steps(refused, keys=keys)
    assert (draft.held, draft.reason, draft.waits_for, draft.follow_up) == ("", "", (), None)
    assert draft.post.text


def test_a_job_with_steps_can_be_sent_to_the_child_and_its_drafts_back():
    job = replace(
        draft_job(source(steps=("explain",)), ACCOUNT, ServerLimits(), Batch(), NOW),
        entries=(PAPER,),
        results=DONE,
        generated=frozenset({"explain"}),
    )
    assert pickle.loads(pickle.dumps(job)) == job
    drafted = drafts(replace(job, account=BLOG, results=None))
    assert (
        parser_replies.decode(parser_replies.return_type(drafts), parser_replies.encode(drafted))
        == drafted
    )
