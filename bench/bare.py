"""A bare aiohttp loop: fetches the URLs on standard input, 64 at once, and ignores the answers.

`bare.py TIMES` fetches them so often. It sends the ETag of an earlier answer as a poll does, or the
one of a line "URL ETAG", so that the server answers 304.
"""

from __future__ import annotations

import asyncio
import sys

import aiohttp

CONCURRENCY = 64


async def fetch(
    session: aiohttp.ClientSession, semaphore: asyncio.Semaphore, etags: dict[str, str], url: str
) -> int:
    """Fetch a URL and return the HTTP status."""
    headers = {"If-None-Match": etags[url]} if etags[url] else {}
    async with semaphore, session.get(url, headers=headers) as answer:
        await answer.read()
        etags[url] = answer.headers.get("ETag", "")
        return answer.status


async def main() -> None:
    """Fetch all URLs and print how often each status was answered."""
    times = int(sys.argv[1])
    etags = dict((*line.split(), "")[:2] for line in sys.stdin if line.strip())
    semaphore = asyncio.Semaphore(CONCURRENCY)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        for _ in range(times):
            statuses = await asyncio.gather(
                *(fetch(session, semaphore, etags, url) for url in etags)
            )
            print({status: statuses.count(status) for status in set(statuses)})


if __name__ == "__main__":
    asyncio.run(main())
