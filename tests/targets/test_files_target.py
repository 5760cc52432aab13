"""A folder of files as an account: each post one file, whole or not at all, and found by its name."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from math import inf

import feedparser
import pytest
from files_folder import IDENTITY, LINK, SteppingClock, article, files, folder_target, hidden

from reblogbot.errors import LeaseExpired, Rejected, Unreachable
from reblogbot.model import Image, Post
from reblogbot.runtime.clock import uptime

STEM = "2026-11-22-000102030405060708090a0b0c0d0e0f-31d18cd3"
PICTURE = Image(b"\xff\xd8picture", "image/jpeg", "A *train* at the sea")


@pytest.fixture(params=["markdown", "html"])
def format_(request):
    return request.param


@pytest.fixture
def target(tmp_path, format_):
    return folder_target(tmp_path, format=format_)


def post_file(tmp_path):
    return next(path for path in (tmp_path / "posts").iterdir() if path.suffix in (".md", ".html"))


def edit_of(receipt, **keys):
    return replace(article(**keys), action="edit", uri=receipt.remote_id)


def feed_titles(tmp_path):
    feed = feedparser.parse((tmp_path / "feed.xml").read_bytes())
    assert not feed.bozo
    return [entry.title for entry in feed.entries]


def test_a_post_is_one_file_of_the_day_and_its_identity(tmp_path, target, format_):
    receipt = target.publish(article(), "key", identity=IDENTITY)
    extension = {"markdown": "md", "html": "html"}[format_]
    assert files(tmp_path) == [f"{STEM}.{extension}"] == [receipt.remote_id]
    assert hidden(tmp_path) == []
    assert "Trains return" in post_file(tmp_path).read_text()


def test_the_folder_and_that_of_the_feed_are_made(tmp_path):
    target = folder_target(tmp_path, folder=tmp_path / "a/b/posts", feed=tmp_path / "c/d/feed.xml")
    target.publish(article(), "key", identity=IDENTITY)
    assert len(list((tmp_path / "a/b/posts").glob("*.md"))) == 1
    assert (tmp_path / "c/d/feed.xml").exists()


def test_a_repeat_on_another_day_with_another_title_finds_the_first(tmp_path, target, format_):
    receipt = target.publish(article(), "key", identity=IDENTITY)
    later = folder_target(
        tmp_path, clock=SteppingClock(datetime(2027, 1, 1, tzinfo=UTC)), format=format_
    )
    before = post_file(tmp_path).read_bytes()
    assert later.publish(article("Another"), "other key", identity=IDENTITY) == receipt
    assert len(files(tmp_path)) == 1
    assert post_file(tmp_path).read_bytes() == before
    assert later.existing(article("Another"), IDENTITY) == receipt
    assert later.existing(article(), bytes(16)) is None


def test_another_format_finds_the_files_of_the_one_before(tmp_path):
    receipt = folder_target(tmp_path).publish(article(), "key", identity=IDENTITY)
    target = folder_target(tmp_path, format="html", front_matter="toml")
    assert target.publish(article(), "key", identity=IDENTITY) == receipt
    target.publish(edit_of(receipt, title="Edited"), "key")
    assert post_file(tmp_path).read_text().startswith('---\ntitle: "Edited"\n')


def test_the_newest_posts_are_told_with_their_identities(tmp_path, target):
    identities = [bytes([number]) * 16 for number in range(3)]
    receipts = [target.publish(article(), "key", identity=identity) for identity in identities]
    recent = target.recent()
    assert {status.identity: status.receipt for status in recent} == dict(
        zip(identities, receipts, strict=True)
    )


def test_two_accounts_with_one_folder_and_feed_each_have_their_posts(tmp_path):
    first, second = folder_target(tmp_path, "first"), folder_target(tmp_path, "second")
    receipts = [target.publish(article(f"By {number}"), "k", identity=IDENTITY)
                for number, target in enumerate((first, second))]  # fmt: skip
    assert len(files(tmp_path)) == 2
    assert [status.receipt for status in first.recent()] == [receipts[0]]
    assert sorted(feed_titles(tmp_path)) == ["By 0", "By 1"]
    # the other's posts are neither edited nor retracted
    with pytest.raises(Rejected):
        first.publish(edit_of(receipts[1]), "k")
    assert not first.retract(article(), receipts[1].remote_id)
    assert len(files(tmp_path)) == 2


def test_a_post_without_an_article_has_its_first_line_as_title(tmp_path, target):
    target.publish(
        Post("post", "First *line*\n\nThen https://x.example/a, and more", "https://x.example/a"),
        "key",
        identity=IDENTITY,
    )
    assert feed_titles(tmp_path) == ["First *line*"]
    feed = feedparser.parse((tmp_path / "feed.xml").read_bytes())
    assert (
        '<a href="https://x.example/a" rel="nofollow noopener">https://x.example/a</a>, and more'
        in (feed.entries[0].content[0].value)
    )


def test_a_notice_without_identity_is_written_once(tmp_path, target):
    receipts = {target.publish(article(), key).remote_id for key in ("a", "a", "b")}
    assert len(receipts) == len(files(tmp_path)) == 2


def test_a_boost_is_refused_with_what_to_do(target):
    with pytest.raises(Rejected, match='action = "post"') as refusal:
        target.publish(Post("boost", uri="https://a.example/1"), "key", identity=IDENTITY)
    assert refusal.value.slug == "rejected"


# edits


def test_an_edit_keeps_name_date_and_images(tmp_path, target, format_):
    receipt = target.publish(article(), "key", identity=IDENTITY, images=[PICTURE])
    before = post_file(tmp_path).read_text()
    assert (
        target.publish(edit_of(receipt, title="Edited", text="New text"), "key").remote_id
        == receipt.remote_id
    )
    after = post_file(tmp_path).read_text()
    assert "Edited" in after
    assert "New text" in after
    assert "Three lines" not in after
    assert "2026-11-22T09:30:01Z" in before
    assert "2026-11-22T09:30:01Z" in after
    assert f"{STEM}-1.jpg" in after
    assert "at the sea" in after
    assert feed_titles(tmp_path) == ["Edited"]
    # an edit may be repeated, and edited again
    target.publish(edit_of(receipt, title="Again"), "key")
    assert feed_titles(tmp_path) == ["Again"]


def test_a_file_that_a_person_has_changed_is_left_alone(tmp_path, target):
    receipt = target.publish(article(), "key", identity=IDENTITY)
    file = post_file(tmp_path)
    for changed in (
        file.read_text().replace("spring", "summer"),
        f"{file.read_text()}\nMore.\n",
        re.sub(r"2026-\d\d(?=-\d\dT)", "2026-99", file.read_text()),
        "nothing of ours\n",
    ):
        file.write_text(changed)
        with pytest.raises(Rejected) as refusal:
            target.publish(edit_of(receipt, title="Edited"), "key")
        assert refusal.value.slug == "edited_by_hand"
        assert file.read_text() == changed


def test_an_edit_of_what_is_gone_writes_nothing(tmp_path, target):
    receipt = target.publish(article(), "key", identity=IDENTITY)
    post_file(tmp_path).unlink()
    for uri in (receipt.remote_id, "", "../../etc/passwd", "/etc/passwd", f"{receipt.remote_id}/x"):
        with pytest.raises(Rejected) as refusal:
            target.publish(replace(article(), action="edit", uri=uri), "key")
        assert refusal.value.slug == "edited_is_gone"
    assert files(tmp_path) == []


# retractions


def test_a_retraction_removes_the_post_its_images_and_its_place_in_the_feed(tmp_path, target):
    other = target.publish(article("Other"), "key", identity=bytes(16), images=[PICTURE])
    receipt = target.publish(article(), "key", identity=IDENTITY, images=[PICTURE, PICTURE])
    assert len(files(tmp_path)) == 5
    assert target.retract(article(), receipt.remote_id)
    assert feed_titles(tmp_path) == ["Other"]
    assert [name.startswith(other.remote_id.partition(".")[0]) for name in files(tmp_path)] == [
        True,
        True,
    ]
    assert not target.retract(article(), receipt.remote_id)
    assert not target.retract(article(), "")
    assert not target.retract(article(), "../feed.xml")
    assert (tmp_path / "feed.xml").exists()


# images


def test_images_stand_beside_the_post_with_their_description(tmp_path, target, format_):
    receipt = target.publish(
        article(),
        "key",
        identity=IDENTITY,
        images=[PICTURE, Image(b"?", "image/x-unknown"), Image(b"png", "image/png")],
    )
    assert receipt.left_out == 1
    assert (tmp_path / "posts" / f"{STEM}-1.jpg").read_bytes() == PICTURE.content
    assert (tmp_path / "posts" / f"{STEM}-2.png").read_bytes() == b"png"
    text = post_file(tmp_path).read_text()
    shown = {
        "markdown": f"![A \\*train\\* at the sea](<{STEM}-1.jpg>)",
        "html": f'<figure><img src="{STEM}-1.jpg" alt="A *train* at the sea"></figure>',
    }
    assert shown[format_] in text


# safety


def test_nothing_is_written_from_the_end_of_the_lease_on(tmp_path, target):
    with pytest.raises(LeaseExpired):
        target.publish(article(), "key", identity=IDENTITY, lease_end=uptime())
    receipt = target.publish(article(), "key", identity=IDENTITY, lease_end=inf)
    before = post_file(tmp_path).read_bytes()
    with pytest.raises(LeaseExpired):
        target.publish(edit_of(receipt), "key", lease_end=uptime())
    with pytest.raises(LeaseExpired):
        target.retract(article(), receipt.remote_id, lease_end=uptime())
    assert post_file(tmp_path).read_bytes() == before


class LateClock(SteppingClock):
    """Tells the time only once the lease has ended, as on a machine that slept meanwhile."""

    lease_end = 0.0

    def now(self):
        while uptime() < self.lease_end:
            pass
        return super().now()


def test_a_lease_that_ends_while_a_post_is_prepared_keeps_it_back(tmp_path, format_):
    clock = LateClock()
    target = folder_target(tmp_path, clock=clock, format=format_)
    clock.lease_end = uptime() + 0.05
    with pytest.raises(LeaseExpired):
        target.publish(article(), "key", identity=IDENTITY, lease_end=clock.lease_end)
    assert files(tmp_path) == []
    receipt = target.publish(article(), "key", identity=IDENTITY)
    before = post_file(tmp_path).read_bytes()
    clock.lease_end = uptime() + 0.05
    with pytest.raises(LeaseExpired):
        target.publish(edit_of(receipt, title="Late"), "key", lease_end=clock.lease_end)
    assert post_file(tmp_path).read_bytes() == before


def test_no_link_in_the_folder_is_followed(tmp_path, target, format_):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (tmp_path / "posts").mkdir()
    extension = {"markdown": "md", "html": "html"}[format_]
    name = f"{STEM}.{extension}"
    for link in (f".{name}.part", f"{STEM}-1.jpg", ".reblogbot.json", "..reblogbot.json.part"):
        (tmp_path / "posts" / link).symlink_to(outside)
    (tmp_path / "feed.xml").symlink_to(outside)
    target.publish(article(), "key", identity=IDENTITY, images=[PICTURE])
    assert outside.read_text() == "mine"
    assert feed_titles(tmp_path) == ["Trains return"]
    # a link of the post's own name is taken for the post, and is never written through
    (tmp_path / "posts" / name).unlink()
    (tmp_path / "posts" / name).symlink_to(outside)
    with pytest.raises(Rejected) as refusal:
        target.publish(replace(article(), action="edit", uri=name), "key")
    assert refusal.value.slug == "edited_is_gone"
    assert outside.read_text() == "mine"


def test_no_title_leads_out_of_the_folder(tmp_path, target):
    for number, title in enumerate(["../../x", "/etc/passwd", "a\0b", "." * 300, "", "\ud800"]):
        target.publish(article(title), "key", identity=bytes([number]) * 16)
    assert len(files(tmp_path)) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feed.xml", "posts"]


def test_the_umask_decides_who_may_read_the_files(tmp_path, target):
    before = os.umask(0o027)
    try:
        target.publish(article(), "key", identity=IDENTITY, images=[PICTURE])
    finally:
        os.umask(before)
    modes = {
        path.stat().st_mode & 0o777
        for path in [*(tmp_path / "posts").iterdir(), tmp_path / "feed.xml"]
    }
    assert modes == {0o640}


def test_a_full_disk_leaves_nothing_and_the_repeat_succeeds(tmp_path, target):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(Unreachable) as failure:
            target.publish(article(), "key", identity=IDENTITY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert failure.value.slug == "folder_unwritable"
    assert str(tmp_path / "posts") in failure.value.message
    assert files(tmp_path) == hidden(tmp_path) == []
    target.publish(article(), "key", identity=IDENTITY)
    assert len(files(tmp_path)) == 1


def test_a_file_in_place_of_the_folder_is_said_with_what_to_do(tmp_path, target):
    (tmp_path / "posts").write_text("a file")
    for call in (
        target.verify,
        target.recent,
        lambda: target.publish(article(), "k", identity=IDENTITY),
    ):
        with pytest.raises(Unreachable, match="see that it is a folder"):
            call()


def test_verify_makes_no_folder(tmp_path, target):
    assert target.verify().acct == "posts"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_a_folder_of_somebody_else_is_not_writable():
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from files_folder import IDENTITY, article, folder_target\n"
        "from reblogbot.errors import Unreachable\n"
        "target = folder_target(Path(sys.argv[1]))\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "for call in (target.verify, lambda: target.publish(article(), 'k', identity=IDENTITY)):\n"
        "    try: call()\n"
        "    except Unreachable as error: print(error.slug)\n"
    )
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        os.mkdir(f"{root}/posts")
        assert run_script(code, root).split() == ["folder_unwritable"] * 2


# the feed


def test_the_feed_has_the_newest_fifty_with_their_texts(tmp_path):
    target = folder_target(tmp_path)
    for number in range(52):
        target.publish(article(f"Post {number}"), "key", identity=number.to_bytes(16))
    feed = feedparser.parse((tmp_path / "feed.xml").read_bytes())
    assert [entry.title for entry in feed.entries] == [
        f"Post {number}" for number in range(51, 1, -1)
    ]
    entry = feed.entries[0]
    assert "<blockquote>" in entry.content[0].value
    assert [link.href for link in entry.links if link.rel == "via"] == [LINK]
    assert [tag.term for tag in entry.tags] == ["Trains", "News"]
    assert entry.author == "archive"
    assert len({entry.id for entry in feed.entries}) == 50


def test_the_ids_of_a_feed_stay_and_differ_from_those_of_another_folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    ids = []
    for root, title in (("a", "x"), ("b", "x"), ("a", "edited")):
        target = folder_target(tmp_path / root)
        receipt = target.publish(article(title), "key", identity=IDENTITY)
        target.publish(edit_of(receipt, title=title), "key")
        feed = feedparser.parse((tmp_path / root / "feed.xml").read_bytes())
        ids.append((feed.feed.id, feed.entries[0].id))
    assert ids[0] == ids[2]
    assert not set(ids[0]) & set(ids[1])


def test_private_posts_are_drafts_and_not_in_the_feed(tmp_path, target, format_):
    target.publish(article(visibility="private"), "key", identity=IDENTITY)
    assert feed_titles(tmp_path) == []
    sign = {
        "markdown": "\ndraft: true\npublished: false\n",
        "html": '<meta name="robots" content="noindex">',
    }
    assert sign[format_] in post_file(tmp_path).read_text()


def test_a_feed_that_is_lost_or_old_is_made_again_at_the_start(tmp_path, target):
    target.publish(article(), "key", identity=IDENTITY)
    (tmp_path / "feed.xml").unlink()
    target.recent()
    assert feed_titles(tmp_path) == ["Trains return"]
    post_file(tmp_path).unlink()
    target.recent()
    assert feed_titles(tmp_path) == []


def test_an_index_that_cannot_be_read_does_not_keep_posts_back(tmp_path, target):
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts/.reblogbot.json").write_text("{broken")
    target.publish(article(), "key", identity=IDENTITY)
    assert feed_titles(tmp_path) == ["Trains return"]


def test_a_feed_that_cannot_be_written_does_not_keep_posts_back(tmp_path, caplog):
    (tmp_path / "not_a_folder").write_text("")
    target = folder_target(tmp_path, feed=tmp_path / "not_a_folder/feed.xml")
    receipt = target.publish(article(), "key", identity=IDENTITY)
    assert files(tmp_path) == [receipt.remote_id]
    assert "the feed could not be written" in caplog.text


def test_without_a_feed_only_posts_are_written(tmp_path):
    folder_target(tmp_path, feed=None).publish(article(), "key", identity=IDENTITY)
    assert [path.suffix for path in (tmp_path / "posts").iterdir()] == [".md"]
    assert not (tmp_path / "feed.xml").exists()


# crashes and several processes

CRASHES = """
import os, sys
from pathlib import Path
from files_folder import IDENTITY, article, files, folder_target, hidden
from dataclasses import replace
from reblogbot.model import Image

root, doing = Path(sys.argv[1]), sys.argv[2]
STEPS = {"os.link", "os.rename", "os.remove", "os.chmod", "open", "fcntl.flock"}

def act(target):
    if doing == "publish":
        return target.publish(article("New"), "key", identity=IDENTITY, images=[Image(b"x", "image/png")])
    if doing == "edit":
        return target.publish(replace(article("New"), action="edit", uri=old.remote_id), "key")
    return target.retract(article(), old.remote_id)

number = 0
while True:
    number += 1
    place = root / f"{doing}{number}"
    place.mkdir()
    target = folder_target(place)
    if doing != "publish":
        old = target.publish(article("Old"), "key", identity=IDENTITY, images=[Image(b"x", "image/png")])
    child = os.fork()
    if child == 0:
        left = number
        def die(event, arguments):
            global left
            if event in STEPS:
                left -= 1
                if left == 0:
                    os._exit(9)
        sys.addaudithook(die)
        act(target)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    # what stands there is whole
    for name in files(place):
        if name.endswith(".md"):
            text = (place / "posts" / name).read_text()
            assert text.count("---\\n") == 2 and text.rstrip().endswith(".png>)"), text
    # the next process repeats it
    after = folder_target(place)
    act(after)
    after.recent()
    feed = (place / "feed.xml").read_text()
    names = files(place)
    if doing == "retract":
        assert names == [] and "<entry " not in feed, (names, feed)
    else:
        assert len(names) == 2 and feed.count("<entry ") == 1 and ">New<" in feed, (names, feed)
    assert hidden(place) == [], hidden(place)
    if code == 0:
        break
print(number)
"""


@pytest.mark.parametrize("doing", ["publish", "edit", "retract"])
def test_killed_at_every_step_it_leaves_one_whole_post_and_a_feed_that_heals(tmp_path, doing):
    done = run_script(CRASHES, str(tmp_path), doing)
    assert int(done) > 5


WRITERS = """
import sys
from pathlib import Path
from files_folder import article, folder_target

target = folder_target(Path(sys.argv[1]), sys.argv[2])
for number in range(20):
    receipt = target.publish(article(f"{sys.argv[2]} {number}"), "key", identity=number.to_bytes(16))
    print(receipt.remote_id)
"""


def test_several_processes_write_each_post_once_and_lose_none_from_the_feed(tmp_path):
    running = [start_script(WRITERS, str(tmp_path), name) for name in ("a", "a", "b")]
    names = [process.communicate()[0].split() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert names[0] == names[1]
    assert files(tmp_path) == sorted({*names[0], *names[2]})
    assert len(files(tmp_path)) == 40
    assert len(set(feed_titles(tmp_path))) == 40
    assert hidden(tmp_path) == []


def start_script(code, *arguments):
    paths = os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True,
                            env={**os.environ, "PYTHONPATH": paths})  # fmt: skip


def run_script(code, *arguments):
    process = start_script(code, *arguments)
    output, _ = process.communicate()
    assert process.returncode == 0
    return output
