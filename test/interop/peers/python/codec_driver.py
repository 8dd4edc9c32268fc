"""Encodes or decodes, a value a line: `codec_driver.py encode|decode msgpack|cbor`. Bytes are hexadecimal digits; values are JSON in which each
says of which type it is, as in codec/canonical.ts."""

import datetime
import decimal
import json
import struct
import sys

import cbor2
import msgpack

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MILLISECOND = datetime.timedelta(milliseconds=1)


def to_canonical(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, (float, decimal.Decimal)):
        # JavaScript has one type of number: what is whole is an integer, where that is exact.
        number = float(value)
        if number.is_integer() and abs(number) < 2**53:
            return ["int", str(int(number))]
        return ["float", "nan" if number != number else struct.pack(">d", number).hex()]
    if isinstance(value, (bytes, bytearray)):
        return ["bytes", bytes(value).hex()]
    if isinstance(value, datetime.datetime):
        return ["date", str((value - EPOCH) // MILLISECOND)]
    if isinstance(value, msgpack.ExtType):
        return ["extension", str(value.code), value.data.hex()]
    if isinstance(value, (list, tuple)):
        return ["list", [to_canonical(one) for one in value]]
    if hasattr(value, "items"):
        return ["dict", [[to_canonical(key), to_canonical(one)] for key, one in value.items()]]
    raise TypeError(f"no canonical form of {type(value)}")


def from_canonical(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    kind, content = value[0], value[1]
    if kind == "int":
        return int(content)
    if kind == "float":
        return float("nan") if content == "nan" else struct.unpack(">d", bytes.fromhex(content))[0]
    if kind == "bytes":
        return bytes.fromhex(content)
    if kind == "date":
        return EPOCH + int(content) * MILLISECOND
    if kind == "extension":
        return msgpack.ExtType(int(content), bytes.fromhex(value[2]))
    if kind == "list":
        return [from_canonical(one) for one in content]
    return {from_canonical(key): from_canonical(one) for key, one in content}


def encode(form, value, index):
    if form == "msgpack":
        return msgpack.packb(value, datetime=True, use_single_float=False)
    # Each way in turn in which the package writes the same: as it comes, canonically, dates as numbers, lists and dictionaries of no known length.
    return cbor2.dumps(value, **[{}, {"canonical": True}, {"datetime_as_timestamp": True}, {"indefinite_containers": True}][index % 4])


def decode(form, data):
    if form == "msgpack":
        return msgpack.unpackb(data, timestamp=3, strict_map_key=False)
    return cbor2.loads(data)


operation, form = sys.argv[1:]
if operation == "versions":
    import importlib.metadata

    print(importlib.metadata.version("msgpack" if form == "msgpack" else "cbor2"))
    sys.exit()
for index, line in enumerate(sys.stdin):
    try:
        if operation == "encode":
            print(encode(form, from_canonical(json.loads(line)), index).hex())
        else:
            print(json.dumps(to_canonical(decode(form, bytes.fromhex(line)))))
    except Exception as error:
        print(f"line {index + 1}: {error!r}")
