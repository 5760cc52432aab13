"""`reblogbot sources discover`, run as a process."""

import asyncio
import json
import sys

import pytest

from loopback import Site, answer

RSS = '<rss version="2.0"><channel><title>Night \x1b trains</title><item><title>1</title></item></channel></rss>'


@pytest.fixture
async def site():
    async with Site() as site:
        yield site


@pytest.fixture
def discover(site, tmp_path):
    (tmp_path / "config.toml").write_text(f'[http]\nallow_private = ["{site.address}"]\n')

    async def run(*arguments):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "reblogbot", "sources", "discover", *arguments,
            cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        return process.returncode, out.decode(), err.decode()

    return run


async def test_feeds_are_listed_with_url_title_kind_and_entries(site, discover):
    site.pages |= {
        "/": answer("<link rel=alternate type=application/rss+xml href=/f>"),
        "/f": answer(RSS),
    }
    code, out, err = await discover(site.url("/"))
    assert (code, err) == (0, "")
    head, row = out.splitlines()
    assert head.split() == ["url", "title", "kind", "entries"]
    assert row.split() == [site.url("/f"), "Night", "trains", "feed", "1"]


async def test_json_is_one_document(site, discover):
    site.pages["/f"] = answer(RSS)
    code, out, _ = await discover(site.url("/f"), "--json")
    assert code == 0
    assert json.loads(out) == {
        "feeds": [{"url": site.url("/f"), "title": "Night trains", "kind": "feed", "entries": 1}],
        "failures": [],
    }


async def test_a_page_without_feeds_is_1_with_a_message(site, discover):
    site.pages["/"] = answer("<p>Hi")
    code, out, err = await discover(site.url("/"))
    assert (code, out) == (1, "")
    assert "no feed found" in err
    code, out, err = await discover(site.url("/"), "--json")
    assert (code, json.loads(out)["feeds"]) == (1, [])


async def test_without_a_config_the_loopback_is_no_place_to_explore(site, discover, tmp_path):
    (tmp_path / "config.toml").unlink()
    code, _, err = await discover(site.url("/"))
    assert code == 1
    assert "private" in err
    assert "Traceback" not in err
    assert site.connections == 0


async def test_a_config_that_was_named_must_be_there(site, discover):
    code, _, err = await discover(site.url("/"), "-c", "other.toml")
    assert code == 2
    assert "other.toml" in err
