"""A bare aiohttp loop: the URLs on standard input fetched, 64 at once, nothing done with them.

It sends an ETag as a poll does, so that the server answers 304 all the same: `python bare.py ETAGS`
reads the lines "URL ETAG".
"""

from __future__ import annotations

import asyncio
import sys

import aiohttp

AT_ONCE = 64


async def fetch(session: aiohttp.ClientSession, turns: asyncio.Semaphore, line: str) -> int:
    """The status that came."""
    url, _, etag = line.strip().partition(" ")
    headers = {"If-None-Match": etag} if etag else {}
    async with turns, session.get(url, headers=headers) as answer:
        await answer.read()
        return answer.status


async def main() -> None:
    """Fetch all and say how often which status came."""
    turns = asyncio.Semaphore(AT_ONCE)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        statuses = await asyncio.gather(
            *(fetch(session, turns, line) for line in sys.stdin if line.strip())
        )
    print({status: statuses.count(status) for status in set(statuses)})


if __name__ == "__main__":
    asyncio.run(main())
