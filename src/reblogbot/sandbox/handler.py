"""The path of every request: it is read, admitted and answered."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import format_datetime

from aiohttp import web

from reblogbot.sandbox.answers import Answer, Refused, json_answer
from reblogbot.sandbox.auth import admit
from reblogbot.sandbox.call import Call, Route, read_params
from reblogbot.sandbox.instance import Instance
from reblogbot.sandbox.routes import ROUTES


class RequestHandler:
    """Answers requests from an instance; tests derive one that fails on demand."""

    def __init__(self, instance: Instance, routes: Iterable[Route] = ROUTES) -> None:
        self.instance = instance
        self._routes = tuple(routes)
        self._by_resource: dict[tuple[str, str], Route] = {}

    def install(self, app: web.Application) -> None:
        """Register the routes, in order."""
        for route in self._routes:
            if route.method == "GET":
                added = app.router.add_get(route.path, self.handle)  # HEAD too
            else:
                added = app.router.add_route(route.method, route.path, self.handle)
            self._by_resource[route.method, _canonical(added.resource)] = route

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            answer = self.perform(await self.read(request))
        except Refused as refused:
            answer = refused.answer
        return self.respond(answer)

    async def read(self, request: web.Request) -> Call:
        """Read the whole request. Refused when its body is malformed."""
        return Call(
            instance=self.instance,
            route=self._route(request),
            params=await read_params(request),
            url=request.path_qs,
            headers=request.headers,
            path_params=request.match_info,
        )

    def _route(self, request: web.Request) -> Route:
        method = "GET" if request.method == "HEAD" else request.method
        return self._by_resource[method, _canonical(request.match_info.route.resource)]

    def perform(self, call: Call) -> Answer:
        """Carry out a call and return its answer, which may be a refusal."""
        with call.instance.lock:
            try:
                admit(call)
                reply = call.route.endpoint(call)
            except Refused as refused:
                return refused.answer
        return reply if isinstance(reply, Answer) else json_answer(reply)

    def respond(self, answer: Answer) -> web.Response:
        """The answer as aiohttp sends it, dated by the instance's clock."""
        date = format_datetime(self.instance.now(), usegmt=True)
        headers = {"Date": date, "Content-Type": answer.content_type, **answer.headers}
        return web.Response(status=answer.status, body=answer.body, headers=headers)


def _canonical(resource: web.AbstractResource | None) -> str:
    return resource.canonical if resource else ""
