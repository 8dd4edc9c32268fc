"""An application of serverwamp on aiohttp, on the port that is given: calls, errors, progress, events to one session."""

import sys

from aiohttp import web
from serverwamp import Application, Realm, RPCErrorResult, RPCProgressReport, RPCResult, RPCRouteSet, TopicRouteSet

rpc, topics = RPCRouteSet(), TopicRouteSet()


@rpc.route("com.example.add")
async def add(one: int, other: int):
    return one + other


@rpc.route("com.example.whole")
async def whole(request):
    return RPCResult(args=request.args, kwargs=request.kwargs)


@rpc.route("com.example.fail")
async def fail():
    return RPCErrorResult("com.example.error.custom", args=("sorry", 42), kwargs={"why": "test"})


@rpc.route("com.example.count")
async def count():
    for step in (1, 2, 3):
        yield RPCProgressReport(args=(step,))
    yield RPCResult(args=("done",))


@rpc.route("com.example.tell_me")
async def tell_me(session, text: str):
    await session.send_event("com.example.news", args=(text,), kwargs={"to": "you"})
    return True


@topics.route("com.example.news")
async def news(session):
    yield


realm = Realm("realm1")
realm.add_rpc_routes(rpc)
realm.add_topic_routes(topics)
wamp = Application()
wamp.add_realm(realm)
app = web.Application()
app.router.add_get("/ws", wamp.aiohttp_websocket_handler())
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
