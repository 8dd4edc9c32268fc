"""Drives swampyer."""

import lines
import swampyer

client = None
procedures, topics = {}, {}


def open_(url, realm, serializer, auth, batched=False, reconnect=False):
    global client
    url = url.replace("rs://", "tcpip://")
    options = {"url": url, "realm": realm, "serializers": [serializer], "uri_base": "", "auto_reconnect": 0.2 if reconnect else False}
    if auth["method"] == "anonymous":
        made = swampyer.WAMPClient(**options)
    else:
        made = swampyer.WAMPClientTicket(username=auth["authid"], password=auth["secret"], **options)
    welcomed = []
    welcome = made.handle_welcome

    def handle_welcome(message):
        welcomed.append(message)
        return welcome(message)

    made.handle_welcome = handle_welcome
    made.start()
    client = made
    details = welcomed[-1].details if welcomed else {}
    return {
        "session": made.session_id,
        "authid": details.get("authid"),
        "authrole": details.get("authrole"),
        "authmethod": details.get("authmethod"),
    }


def call(uri, args, kwargs, options, key=None):
    try:
        result = client.call(uri, *args, **kwargs)
    except swampyer.ExInvocationError as error:
        raise lines.Failure("", str(error), error.args)
    return {"args": [result], "kwargs": {}, "progress": []}


def echo(message, *args, **kwargs):
    return args[0] if args else None


def add(message, one, other):
    return one + other


def fail(message):
    raise ValueError("sorry", 42)


def who(message):
    details = message.details
    return {name: details.get(name) for name in ("caller", "caller_authid", "procedure")}


DEEDS = {"echo": echo, "add": add, "fail": fail, "who": who}


def deed(does, key):
    if does.startswith("say:"):
        return lambda message, *args, **kwargs: does[4:]
    if does == "note":
        return lambda message, *args, **kwargs: lines.note(key, {"args": args, "kwargs": kwargs})
    return DEEDS[does]


def register(key, uri, does, options):
    try:
        procedures[key] = client.register(uri, deed(does, key), options or None).registration_id
    except swampyer.ExInvocationError as error:
        raise lines.Failure("", str(error), error.args)


def unregister(key):
    client.unregister(procedures[key])


def subscribe(key, uri, options):
    def heard(event, *args, **kwargs):
        names = ("topic", "publisher", "publisher_authid", "retained")
        lines.note(key, {"args": args, "kwargs": kwargs, "details": {name: event.details.get(name) for name in names}})

    answer = client.subscribe(uri, heard, options or None)
    if answer != swampyer.messages.WAMP_SUBSCRIBED:
        raise lines.Failure(answer.error, str(answer.args))
    topics[key] = answer.subscription_id


def unsubscribe(key):
    client.unsubscribe(topics[key])


def publish(uri, args, kwargs, options):
    client.publish(uri, {"acknowledge": True, **options}, args, kwargs)


def close():
    client.disconnect()


lines.serve(
    {
        "open": open_,
        "call": call,
        "register": register,
        "unregister": unregister,
        "subscribe": subscribe,
        "unsubscribe": unsubscribe,
        "publish": publish,
        "close": close,
    }
)
