"""The way every request takes: noted, perhaps met by a fault, read, admitted, counted, answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from email.utils import format_datetime

from aiohttp import web

from reblogbot.sandbox.api.statuses import publish_due
from reblogbot.sandbox.auth import admit
from reblogbot.sandbox.faults import Faults
from reblogbot.sandbox.limits import Limits
from reblogbot.sandbox.wire import Answer, Call, Refused, Route, as_json, read_params
from reblogbot.sandbox.world import World

KEYED = ("POST", "/api/v1/statuses")


class Gate:
    """Serves the routes out of a world."""

    def __init__(self, world: World, limits: Limits, faults: Faults) -> None:
        self.world = world
        self.limits = limits
        self.faults = faults
        self.requests: list[tuple[str, str]] = []
        self.in_flight: set[tuple[str, str]] = set()
        """Idempotency-Keys of requests that came in and are not settled."""
        self._posts = 0
        self._routes: dict[tuple[str, str], Route] = {}

    def install(self, app: web.Application, routes: Iterable[Route]) -> None:
        for route in routes:
            if route.method == "GET":  # HEAD too
                added = app.router.add_get(route.path, self.serve)
            else:
                added = app.router.add_route(route.method, route.path, self.serve)
            self._routes[route.method, _canonical(added.resource)] = route

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, faithfully or as the fault that waits for it demands."""
        self.requests.append((request.method, request.path))
        exchange = Exchange(self, request, self._route(request))
        fault = self.faults.take(request.method, request.path)
        if fault is None and self._is_dropped(request):
            fault = self.faults.passing("drop_before")
        try:
            if fault is not None:
                return await fault.play(exchange)
            return exchange.respond(exchange.commit(await exchange.read()))
        except Refused as no:
            return exchange.respond(no.answer)
        finally:
            exchange.settle()

    def _route(self, request: web.Request) -> Route:
        method = "GET" if request.method == "HEAD" else request.method
        return self._routes[method, _canonical(request.match_info.route.resource)]

    def _is_dropped(self, request: web.Request) -> bool:
        """Some servers drop a connection now and then, without a trace."""
        every = self.world.profile.drops_every
        if not every or (request.method, request.path) != KEYED:
            return False
        self._posts += 1
        return self._posts % every == 0


def _canonical(resource: web.AbstractResource | None) -> str:
    return resource.canonical if resource else ""


class Exchange:
    """One request and what may become of it: read, committed once, answered."""

    def __init__(self, gate: Gate, request: web.Request, route: Route) -> None:
        self.gate = gate
        self.request = request
        self.route = route
        self._held_key: tuple[str, str] | None = None
        self.is_pending = False
        """Whether a commit is still to come after the answer."""

    async def read(self) -> Call:
        """Take in the whole request; from here on it is in flight."""
        params = await read_params(self.request)
        with self.gate.world.lock:
            return Call(
                world=self.gate.world,
                method=self.request.method,
                url=self.request.path_qs,
                headers=self.request.headers,
                params=params,
                places=self.request.match_info,
                arrived=self.gate.world.state.seq,
                alone=self._take_key(),
            )

    def _take_key(self) -> bool:
        key = self.request.headers.get("Idempotency-Key", "")
        if not key or (self.request.method, self.request.path) != KEYED:
            return True
        held = (self.request.headers.get("Authorization", ""), key)
        if held in self.gate.in_flight:
            return False
        self.gate.in_flight.add(held)
        self._held_key = held
        return True

    def settle(self) -> None:
        """The request is over, unless a commit is still to come."""
        if self._held_key and not self.is_pending:
            self.gate.in_flight.discard(self._held_key)
            self._held_key = None

    def commit(self, call: Call) -> Answer:
        """Do what is asked and give the faithful answer."""
        with self.gate.world.lock:
            return self._perform(call)

    def rehearse(self, call: Call) -> Answer:
        """The faithful answer, without anything having been done."""
        with self.gate.world.lock:
            return self._perform(replace(call, world=call.world.rehearsal()))

    def _perform(self, call: Call) -> Answer:
        try:
            admit(call, self.route)
        except Refused as no:
            return no.answer
        publish_due(call.world)
        limits, now = self.gate.limits, call.world.now()
        window = limits.window(call.profile, call.method, self.request.path)
        who = call.token.value if call.token else str(self.request.remote)
        if window is None:
            return _acted(self.route, call)
        if limits.is_spent(window, who, now):
            answer = as_json({"error": call.profile.limited_words}, 429)
        else:
            answer = _acted(self.route, call)
        if answer.status < 400:
            limits.use(window, who, now)
        told = limits.headers(window, who, now)
        return Answer(answer.body, answer.status, answer.kind, {**told, **answer.headers})

    def respond(self, answer: Answer) -> web.Response:
        """The answer as aiohttp sends it, dated by the server's own clock."""
        date = format_datetime(self.gate.world.now(), usegmt=True)
        headers = {"Date": date, "Content-Type": answer.kind, **answer.headers}
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    def hang_up(self, *, rudely: bool = False) -> web.Response:
        """Close the connection: politely, or with a reset. What is returned reaches nobody."""
        transport = self.request.transport
        if transport is not None:
            if rudely:
                transport.abort()
            else:
                transport.close()
        return web.Response()


def _acted(route: Route, call: Call) -> Answer:
    try:
        reply = route.act(call)
    except Refused as no:
        return no.answer
    return reply if isinstance(reply, Answer) else as_json(reply)
