"""What the drivers in Python have in common: lines of JSON in and out, and values that JSON does not have."""

import datetime
import json
import math
import sys
import threading

_lock = threading.Lock()


class Failure(Exception):
    """An error with a URI, as a peer tells it."""

    def __init__(self, uri, message="", args=(), kwargs=None):
        super().__init__(message or uri)
        self.uri, self.list, self.dict = uri, list(args), dict(kwargs or {})


def to_plain(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if abs(value) <= 2**53 else {"$int": str(value)}
    if isinstance(value, float):
        if math.isnan(value):
            return {"$float": "NaN"}
        if math.isinf(value):
            return {"$float": "Infinity" if value > 0 else "-Infinity"}
        if value == 0 and math.copysign(1, value) < 0:
            return {"$float": "-0"}
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$bytes": bytes(value).hex()}
    if isinstance(value, datetime.datetime):
        return {"$date": value.isoformat()}
    if isinstance(value, (list, tuple)):
        return [to_plain(one) for one in value]
    if isinstance(value, dict) or hasattr(value, "items"):
        pairs = [[key, to_plain(one)] for key, one in value.items()]
        if any(str(key).startswith("$") for key, _ in pairs):
            return {"$dict": pairs}
        return {str(key): one for key, one in pairs}
    return {"$repr": repr(value)}


def from_plain(plain):
    if isinstance(plain, list):
        return [from_plain(one) for one in plain]
    if not isinstance(plain, dict):
        return plain
    if len(plain) == 1:
        tag, content = next(iter(plain.items()))
        if tag == "$int":
            return int(content)
        if tag == "$float":
            return float(content)
        if tag == "$bytes":
            return bytes.fromhex(content)
        if tag == "$date":
            return datetime.datetime.fromisoformat(content.replace("Z", "+00:00"))
        if tag == "$undefined":
            return None
        if tag == "$dict":
            return {key: from_plain(one) for key, one in content}
    return {key: from_plain(one) for key, one in plain.items()}


_out = sys.stdout
sys.stdout = sys.stderr


def write(line):
    with _lock:
        _out.write(json.dumps(line) + "\n")
        _out.flush()


def note(key, note):
    """Says what a procedure or a subscription saw."""
    write({"key": key, "note": to_plain(note)})


def answer(number, value):
    write({"id": number, "ok": to_plain(value)})


def refuse(number, error):
    write(
        {
            "id": number,
            "error": {
                "uri": getattr(error, "uri", ""),
                "message": f"{type(error).__name__}: {error}",
                "args": to_plain(getattr(error, "list", [])),
                "kwargs": to_plain(getattr(error, "dict", {})),
            },
        }
    )


def read(line):
    """Takes a line apart: id, operation, values."""
    values = json.loads(line)
    for name in ("args", "kwargs"):
        if name in values:
            values[name] = from_plain(values[name])
    return values.pop("id"), values.pop("op"), values


def serve(operations):
    """Runs the operations that come in, each in a thread of its own; ends with its input."""

    def run(number, work, values):
        try:
            answer(number, work(**values))
        except BaseException as error:  # a peer may raise anything
            refuse(number, error)

    for line in sys.stdin:
        number, op, values = read(line)
        threading.Thread(target=run, args=(number, operations[op], values), daemon=True).start()
