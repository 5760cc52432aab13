"""The path of a request through the tests' server: noted, met by a fault, limited, answered."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from aiohttp import web

from fediverse.departures import ROUTES, check_id, check_token, without_links
from fediverse.faults import Faults
from fediverse.instance import OddInstance
from fediverse.rate_limits import RateLimits
from reblogbot.sandbox.answers import Answer, Refused, json_answer, refusal_answer
from reblogbot.sandbox.auth import admit
from reblogbot.sandbox.call import Call
from reblogbot.sandbox.handler import RequestHandler

KEYED = ("POST", "/api/v1/statuses")


@dataclass(slots=True)
class ObservedCall(Call):
    """A call that knows what else happened while it was read."""

    method: str = ""
    path: str = ""
    arrived: int = 0
    """The number of the last fact when the request came in."""
    is_alone: bool = True
    """Whether no other request with the same Idempotency-Key is in flight."""


class FaultHandler(RequestHandler):
    """Answers requests as the kind of server does, or as the fault that waits for them does."""

    def __init__(self, instance: OddInstance, limits: RateLimits, faults: Faults) -> None:
        super().__init__(instance, ROUTES)
        self.limits = limits
        self.faults = faults
        self.requests: list[tuple[str, str]] = []
        self.keys_in_flight: set[tuple[str, str]] = set()
        """Pairs of Authorization and Idempotency-Key of requests that are not settled."""
        self._posts = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        exchange = Exchange(self, request)
        fault = self.faults.take(request.method, request.path)
        if fault is None and self._drops(request):
            fault = self.faults.immediate("drop_before")
        try:
            if fault is not None:
                return await fault.play(exchange)
            return exchange.respond(exchange.commit(await exchange.read()))
        except Refused as refused:
            return exchange.respond(refused.answer)
        finally:
            exchange.settle()

    def _drops(self, request: web.Request) -> bool:
        """Whether this is the post whose connection such a server drops without a trace."""
        every = self.instance.profile.drops_every
        if not every or (request.method, request.path) != KEYED:
            return False
        self._posts += 1
        return self._posts % every == 0

    def perform(self, call: ObservedCall) -> Answer:
        with call.instance.lock:
            try:
                check_token(call)
                admit(call)
            except Refused as refused:
                return refused.answer
            return self._limited(call)

    def _limited(self, call: ObservedCall) -> Answer:
        """The answer with the headers of the rate limit, or its refusal."""
        now, client = call.instance.now(), call.token.value if call.token else ""
        window = self.limits.window(call.profile, call.method, call.path)
        if window is None:
            return self._answer(call)
        if self.limits.is_spent(window, client, now):
            answer = refusal_answer(call.profile.refusal("rate_limited"))
        else:
            answer = self._answer(call)
        if answer.status < 400:
            self.limits.use(window, client, now)
        headers = {**self.limits.headers(window, client, now), **answer.headers}
        return replace(answer, headers=headers)

    def _answer(self, call: ObservedCall) -> Answer:
        try:
            check_id(call)
            reply = call.route.endpoint(call)
        except Refused as refused:
            return refused.answer
        return without_links(call, reply if isinstance(reply, Answer) else json_answer(reply))


class Exchange:
    """One request: read, committed at most once, answered."""

    def __init__(self, handler: FaultHandler, request: web.Request) -> None:
        self.handler = handler
        self.request = request
        self.is_pending = False
        """Whether a commit is still to come after the answer."""
        self._key: tuple[str, str] | None = None

    async def read(self) -> ObservedCall:
        """Read the whole request; from here on it is in flight."""
        call = await RequestHandler.read(self.handler, self.request)
        with self.handler.instance.lock:
            return ObservedCall(
                **{field.name: getattr(call, field.name) for field in fields(call)},
                method=self.request.method,
                path=self.request.path,
                arrived=self.handler.instance.state.seq,
                is_alone=self._acquire_key(),
            )

    def _acquire_key(self) -> bool:
        """Whether no other request in flight has the same key."""
        key = self.request.headers.get("Idempotency-Key", "")
        if not key or (self.request.method, self.request.path) != KEYED:
            return True
        pair = (self.request.headers.get("Authorization", ""), key)
        if pair in self.handler.keys_in_flight:
            return False
        self.handler.keys_in_flight.add(pair)
        self._key = pair
        return True

    def settle(self) -> None:
        """Release the key, unless a commit is still to come."""
        if self._key and not self.is_pending:
            self.handler.keys_in_flight.discard(self._key)
            self._key = None

    def commit(self, call: ObservedCall) -> Answer:
        """Perform the request and return the faithful answer."""
        return self.handler.perform(call)

    def dry_run(self, call: ObservedCall) -> Answer:
        """The faithful answer, without performing the request."""
        with self.handler.instance.lock:
            return self.handler.perform(replace(call, instance=call.instance.dry_run()))

    def respond(self, answer: Answer) -> web.Response:
        return self.handler.respond(answer)

    def close(self, *, abort: bool = False) -> web.Response:
        """Close or abort the connection. The returned response reaches nobody."""
        transport = self.request.transport
        if transport is not None:
            (transport.abort if abort else transport.close)()
        return web.Response()
