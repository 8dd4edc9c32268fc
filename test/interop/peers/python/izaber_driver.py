"""Drives izaber-wamp: reads an izaber.yaml of its own folder, as a program of Zaber's does."""

import os
import sys
import tempfile
import threading

import lines

folder = tempfile.mkdtemp(prefix="interop-izaber-")
os.chdir(folder)
os.environ["HOME"] = folder

import swampyer
from izaber import initialize
from izaber.wamp import wamp
import izaber_wamp

spawned, procedures, topics, joins = {}, {}, {}, []
running = {"now": 0, "most": 0}
lock = threading.Lock()


@izaber_wamp.wamp_client_subclass
class Hooked(izaber_wamp.WAMPClientTicket):
    def handle_join(self, details):
        result = super().handle_join(details)
        joins.append(self._username if hasattr(self, "_username") else True)
        return result


def on(key):
    return spawned[key] if key else wamp


def told(work, *args, **kwargs):
    try:
        return work(*args, **kwargs)
    except swampyer.ExInvocationError as error:
        raise lines.Failure("", str(error), error.args)


def plain(value):
    """Messages of swampyer's as dictionaries."""
    if isinstance(value, swampyer.messages.WampMessage):
        return {name: getattr(value, name, None) for name in ("registration_id", "subscription_id", "publication_id", "error")}
    return value


def start(yaml, environment="default"):
    with open("izaber.yaml", "w") as file:
        file.write(yaml)
    initialize("interop", environment=environment, force=True)
    return wamp.whoami()


def method(name, args, kwargs, on_key=None):
    return plain(told(getattr(on(on_key), name), *args, **kwargs))


def change_user(username, password):
    wamp.change_user(username, password)
    return wamp.whoami()


def spawn(key, username, password, options):
    spawned[key] = told(wamp.spawn_connection, username, password, **options)
    return spawned[key].whoami()


def register(key, uri, does, options, queue=None):
    def run(message, *args, **kwargs):
        with lock:
            running["now"] += 1
            running["most"] = max(running["most"], running["now"])
        try:
            if does == "note":
                lines.note(key, {"args": args, "kwargs": kwargs, "details": message.details})
                return "noted"
            if does == "slow":
                threading.Event().wait(args[0])
            if does == "echo":
                return args[0] if args else None
            return does[4:] if does.startswith("say:") else does
        finally:
            with lock:
                running["now"] -= 1

    result = told(wamp.register, uri, run, options or None, **({"concurrency_queue": queue} if queue else {}))
    procedures[key] = result.registration_id
    return procedures[key]


def unregister(key):
    told(wamp.unregister, procedures[key])


def subscribe(key, uri, options):
    def heard(event, *args, **kwargs):
        lines.note(key, {"args": args, "kwargs": kwargs, "details": event.details})

    topics[key] = wamp.subscribe(uri, heard, options or None).subscription_id


def unsubscribe(key):
    wamp.unsubscribe(topics[key])


def publish(uri, args, kwargs, options):
    return plain(wamp.publish(uri, {"acknowledge": True, **options}, args, kwargs))


def state():
    return {"joins": len(joins), "most": running["most"], "connected": bool(wamp.is_connected())}


def disconnect(key=None):
    on(key).disconnect()


lines.serve(
    {
        "start": start,
        "method": method,
        "change_user": change_user,
        "spawn": spawn,
        "register": register,
        "unregister": unregister,
        "subscribe": subscribe,
        "unsubscribe": unsubscribe,
        "publish": publish,
        "state": state,
        "disconnect": disconnect,
    }
)
