"""Drives noisyboiler's wampy, which runs on gevent; one operation at a time, since its calls share one queue of answers."""

import gevent.monkey

gevent.monkey.patch_all()

import os
import sys
import time

import gevent
import lines
from wampy.messages import Error
from wampy.peers import Client

client = None


def open_(url, realm, serializer, auth, batched=False, reconnect=False):
    global client
    roles = {
        "roles": {"subscriber": {}, "publisher": {}, "callee": {}, "caller": {"features": {"call_timeout": True}}},
        "authmethods": [auth["method"]],
    }
    if auth["method"] != "anonymous":
        roles["authid"] = auth["authid"]
        os.environ["WAMPYSECRET"] = auth["secret"]
    made = Client(url=url, realm=realm, roles=roles)
    made.start()
    client = made
    if client.session is None:
        raise lines.Failure("", "no session")
    return {"session": client.session.id, "authid": None, "authrole": None, "authmethod": None}


def call(uri, args, kwargs, options, key=None):
    result = client.call(uri, *args, **kwargs)
    if isinstance(result, Error):
        raise lines.Failure(result.error, str(result.message), result.message[5], result.message[6])
    return {"args": [result], "kwargs": {}, "progress": []}


def add(one, other):
    return one + other


def fail():
    raise ValueError("sorry")


def wait_for(present):
    deadline = time.monotonic() + 10
    while not present():
        if time.monotonic() > deadline:
            raise lines.Failure("", "no answer to REGISTER or SUBSCRIBE")
        gevent.sleep(0.01)


def register(key, uri, does, options):
    def note(*args, **kwargs):
        lines.note(key, {"args": args, "kwargs": kwargs})
        return "noted"

    deed = {"add": add, "fail": fail, "note": note}.get(does) or (lambda *args, **kwargs: does[4:])
    setattr(client, uri, deed)
    client.session._register_procedure(uri, options.get("invoke", "single"))
    wait_for(lambda: uri in client.registration_map.values())


def subscribe(key, uri, options):
    def heard(*args, meta=None, **kwargs):
        lines.note(key, {"args": args, "kwargs": kwargs, "details": {"topic": meta["topic"]}})

    before = len(client.subscription_map)
    client.session._subscribe_to_topic(heard, uri)
    wait_for(lambda: len(client.subscription_map) > before)


def publish(uri, args, kwargs, options):
    client.publish(topic=uri, **kwargs)


def close():
    client.stop()


OPERATIONS = {
    "open": open_,
    "call": call,
    "register": register,
    "subscribe": subscribe,
    "publish": publish,
    "close": close,
}


def main():
    pool = gevent.get_hub().threadpool
    while True:
        line = pool.apply(sys.stdin.readline)
        if not line:
            os._exit(0)
        number, op, values = lines.read(line)
        try:
            lines.answer(number, OPERATIONS[op](**values))
        except BaseException as error:  # a peer may raise anything
            lines.refuse(number, error)


main()
