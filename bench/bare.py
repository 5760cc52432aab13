"""A bare aiohttp loop: fetches the URLs on standard input, 64 at once, and ignores the answers.

It reads lines of "URL ETAG" and sends the ETag as a poll does, so that the server answers 304.
"""

from __future__ import annotations

import asyncio
import sys

import aiohttp

CONCURRENCY = 64


async def fetch(session: aiohttp.ClientSession, semaphore: asyncio.Semaphore, line: str) -> int:
    """Fetch a URL and return the HTTP status."""
    url, _, etag = line.strip().partition(" ")
    headers = {"If-None-Match": etag} if etag else {}
    async with semaphore, session.get(url, headers=headers) as answer:
        await answer.read()
        return answer.status


async def main() -> None:
    """Fetch all URLs and print how often each status was answered."""
    semaphore = asyncio.Semaphore(CONCURRENCY)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        statuses = await asyncio.gather(
            *(fetch(session, semaphore, line) for line in sys.stdin if line.strip())
        )
    print({status: statuses.count(status) for status in set(statuses)})


if __name__ == "__main__":
    asyncio.run(main())
