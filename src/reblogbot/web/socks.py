"""Connections through a SOCKS proxy; imported only where one is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError

if TYPE_CHECKING:
    from aiohttp.tracing import Trace


class SocksConnector(ProxyConnector):
    """Connects through a SOCKS proxy, with the errors of aiohttp's other connectors."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  aiohttp's own signature
    ) -> aiohttp.connector.Connection:
        try:
            return await super().connect(req, traces, timeout)
        except (ProxyConnectionError, ProxyError, ProxyTimeoutError) as error:
            raise aiohttp.ClientProxyConnectionError(
                req.connection_key, OSError(str(error))
            ) from error
