"""Drives autobahn-python, on asyncio or on Twisted (`twisted` as argument; its reactor then runs on asyncio)."""

import asyncio
import os
import sys

import lines

TWISTED = "twisted" in sys.argv
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)

import txaio

if TWISTED:
    from twisted.internet import asyncioreactor

    asyncioreactor.install(loop)
    txaio.use_twisted()
    from autobahn.twisted.rawsocket import WampRawSocketClientFactory
    from autobahn.twisted.wamp import ApplicationSession
    from autobahn.twisted.websocket import WampWebSocketClientFactory
    from twisted.internet import reactor
    from twisted.internet.defer import Deferred, ensureDeferred
    from twisted.internet.endpoints import TCP4ClientEndpoint, UNIXClientEndpoint
else:
    txaio.use_asyncio()
    from autobahn.asyncio.rawsocket import WampRawSocketClientFactory
    from autobahn.asyncio.wamp import ApplicationSession
    from autobahn.asyncio.websocket import WampWebSocketClientFactory

from urllib.parse import urlparse

from autobahn.wamp.auth import create_authenticator
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.serializer import CBORSerializer, JsonSerializer, MsgPackSerializer
from autobahn.wamp.types import CallOptions, CallResult, ComponentConfig, PublishOptions, RegisterOptions, SubscribeOptions

SERIALIZERS = {"json": JsonSerializer, "msgpack": MsgPackSerializer, "cbor": CBORSerializer}

session = None
transport = None
procedures, topics, calls = {}, {}, {}


def future(value):
    """What the framework gave, as something to await."""
    if TWISTED and isinstance(value, Deferred):
        return value.asFuture(loop)
    return value


def framework(coroutine):
    """What the framework takes, from a coroutine."""
    if TWISTED:
        return ensureDeferred(coroutine)
    return coroutine


async def told(value):
    try:
        return await future(value) if hasattr(value, "__await__") or TWISTED else await value
    except ApplicationError as error:
        raise lines.Failure(error.error, str(error), error.args, error.kwargs)


class Session(ApplicationSession):
    def __init__(self, config, auth, joined):
        ApplicationSession.__init__(self, config)
        self.auth, self.joined = auth, joined
        method = auth["method"]
        if method == "anonymous":
            self.authenticator = None
        elif method == "cryptosign":
            self.authenticator = create_authenticator(method, authid=auth["authid"], privkey=auth["secret"])
        elif method == "ticket":
            self.authenticator = create_authenticator(method, authid=auth["authid"], ticket=auth["secret"])
        elif method == "wampcra":
            self.authenticator = create_authenticator(method, authid=auth["authid"], secret=auth["secret"])
        else:
            self.authenticator = create_authenticator(
                method, authid=auth["authid"], password=auth["secret"], kdf="argon2id13", nonce=""
            )

    def onConnect(self):
        if self.authenticator is None:
            self.join(self.config.realm)
        else:
            self.join(
                self.config.realm,
                authmethods=[self.auth["method"]],
                authid=self.auth["authid"],
                authextra=self.authenticator.authextra,
            )

    def onChallenge(self, challenge):
        return self.authenticator.on_challenge(self, challenge)

    def onWelcome(self, welcome):
        if self.authenticator is not None and hasattr(self.authenticator, "on_welcome"):
            return self.authenticator.on_welcome(self, welcome.authextra)

    def onJoin(self, details):
        if not self.joined.done():
            self.joined.set_result(details)

    def onLeave(self, details):
        if not self.joined.done():
            self.joined.set_exception(lines.Failure(details.reason, details.message))
        self.disconnect()

    def onDisconnect(self):
        if not self.joined.done():
            self.joined.set_exception(lines.Failure("disconnected"))

    def onUserError(self, failure, message):
        print(message, failure, file=sys.stderr)


async def open_(url, realm, serializer, auth, batched=False, reconnect=False):
    global session, transport
    joined = loop.create_future()
    made = Session(ComponentConfig(realm=realm), auth, joined)
    codec = SERIALIZERS[serializer](batched=batched)
    address = urlparse(url)
    if address.scheme == "ws":
        factory = WampWebSocketClientFactory(lambda: made, url=url, serializers=[codec])
    else:
        factory = WampRawSocketClientFactory(lambda: made, serializer=codec)
    if TWISTED:
        endpoint = (
            UNIXClientEndpoint(reactor, address.path)
            if address.scheme == "unix"
            else TCP4ClientEndpoint(reactor, address.hostname, address.port)
        )
        await endpoint.connect(factory).asFuture(loop)
    elif address.scheme == "unix":
        await loop.create_unix_connection(factory, address.path)
    else:
        await loop.create_connection(factory, address.hostname, address.port)
    details = await joined
    session = made
    return {
        "session": details.session,
        "authid": details.authid,
        "authrole": details.authrole,
        "authmethod": details.authmethod,
    }


def payload(result):
    if isinstance(result, CallResult):
        return {"args": list(result.results), "kwargs": dict(result.kwresults)}
    return {"args": [result], "kwargs": {}}


async def call(uri, args, kwargs, options, key=None):
    steps = []
    more = {}
    if options.pop("progress", False):
        more["on_progress"] = lambda *step, **kw: steps.append({"args": list(step), "kwargs": kw})
    # There is nobody that discloses on demand: the option is not its client's.
    options.pop("disclose_me", None)
    running = session.call(uri, *args, options=CallOptions(**more, **options), **kwargs)
    calls[key] = running
    return {**payload(await told(running)), "progress": steps}


async def cancel(key, mode):
    calls[key].cancel()


async def echo(*args, details=None, **kwargs):
    return CallResult(*args, **kwargs)


async def add(one, other, details=None):
    return one + other


async def fail(details=None):
    raise ApplicationError("com.example.error.custom", "sorry", 42, why="test")


async def who(details=None):
    return {"caller": details.caller, "caller_authid": details.caller_authid, "procedure": details.procedure}


async def count(details=None):
    if details.progress:
        for step in (1, 2, 3):
            details.progress(step)
    return "done"


DEEDS = {"echo": echo, "add": add, "fail": fail, "who": who, "count": count}


def deed(does, key):
    if does.startswith("say:"):
        async def run(*args, details=None, **kwargs):
            return does[4:]
    elif does == "note":
        async def run(*args, details=None, **kwargs):
            lines.note(key, {"args": args, "kwargs": kwargs})
    elif does == "wait":
        def run(*args, details=None, **kwargs):
            def interrupted(*_):
                lines.note(key, {"args": ["interrupted"], "kwargs": {}})

            if TWISTED:
                return Deferred(interrupted)
            waiting = loop.create_future()
            waiting.add_done_callback(interrupted)
            return waiting

        return run
    else:
        run = DEEDS[does]
    return lambda *args, **kwargs: framework(run(*args, **kwargs))


async def register(key, uri, does, options):
    procedures[key] = await told(session.register(deed(does, key), uri, RegisterOptions(details_arg="details", **options)))


async def unregister(key):
    await told(procedures[key].unregister())


async def subscribe(key, uri, options):
    def heard(*args, details=None, **kwargs):
        lines.note(
            key,
            {
                "args": args,
                "kwargs": kwargs,
                "details": {
                    "topic": details.topic,
                    "publisher": details.publisher,
                    "publisher_authid": details.publisher_authid,
                    "retained": bool(details.retained),
                },
            },
        )

    topics[key] = await told(session.subscribe(heard, uri, SubscribeOptions(details_arg="details", **options)))


async def unsubscribe(key):
    await told(topics[key].unsubscribe())


async def publish(uri, args, kwargs, options):
    options.setdefault("acknowledge", True)
    sent = session.publish(uri, *args, options=PublishOptions(**options), **kwargs)
    if sent is not None:
        await told(sent)


async def close():
    left = session.leave()
    if left is not None:
        await future(left)


OPERATIONS = {
    "open": open_,
    "call": call,
    "cancel": cancel,
    "register": register,
    "unregister": unregister,
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "publish": publish,
    "close": close,
}


async def run(number, op, values):
    try:
        lines.answer(number, await OPERATIONS[op](**values))
    except BaseException as error:  # a peer may raise anything
        lines.refuse(number, error)


def readable():
    global rest
    data = os.read(0, 1 << 20)
    if not data:
        os._exit(0)
    *complete, rest = (rest + data).split(b"\n")
    for line in complete:
        asyncio.ensure_future(run(*lines.read(line)), loop=loop)


rest = b""
loop.add_reader(0, readable)
if TWISTED:
    reactor.run()
else:
    loop.run_forever()
