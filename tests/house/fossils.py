"""Fossils: one stored sample of every version of every event ever released.

`make fossils` writes those that are missing and never touches one that is there. A fossil that
no longer loads means that a released event changed its shape: give the new shape the next
SCHEMA_VERSION and an upcaster instead.
"""

import datetime as dt
import sys
import types
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from hub.codec import EVENTS, encode
from hub.event import Event
from tests.house.walk import ROOT, load_hub

FOLDER = ROOT / "tests" / "fossils"
AT = dt.datetime(2026, 3, 2, 1, 30, tzinfo=dt.UTC)
PLAIN: dict[object, object] = {
    dt.datetime: AT,
    dt.date: AT.date(),
    dt.time: dt.time(17, 30),
    bool: True,
    int: 7,
    float: 0.5,
    bytes: b"7",
    Any: "any",
}


def path_of(event: type[Event]) -> Path:
    return FOLDER / f"{event.TOPIC}.v{event.SCHEMA_VERSION}.json"


def sample(kind: Any, name: str) -> Any:
    """Make a full value of a type: every optional field given, one element in every row."""
    if kind is str:
        return f"{name} 数桥"
    if kind in PLAIN:
        return PLAIN[kind]
    arguments = get_args(kind)
    match get_origin(kind):
        case origin if origin in (types.UnionType, Union):
            return sample(next(one for one in arguments if one is not type(None)), name)
        case origin if origin is Literal:
            return arguments[0]
        case origin if origin is tuple and arguments[-1] is not Ellipsis:
            return tuple(sample(one, name) for one in arguments)
        case origin if origin in (tuple, list, frozenset, set):
            return origin([sample(arguments[0], name)])
        case origin if origin is dict:
            return {sample(arguments[0], name): sample(arguments[1], name)}
    return _made(kind, name)


def _made(kind: Any, name: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        return kind(**{one: sample(hints[one], one) for one in kind.__struct_fields__})
    if hasattr(kind, "__metadata__"):  # Annotated: the limits are the commands' concern
        return sample(get_args(kind)[0], name)
    raise TypeError(f"no sample for {kind!r} ({name}); add one to tests/house/fossils.py")


def write_missing() -> list[str]:
    """Write the fossils that are not there yet and return their names."""
    load_hub()
    FOLDER.mkdir(exist_ok=True)
    written = []
    for event in EVENTS.values():
        if not path_of(event).exists():
            path_of(event).write_bytes(encode(sample(event, "event")))
            written.append(path_of(event).name)
    return sorted(written)


if __name__ == "__main__":
    sys.stdout.write("".join(f"wrote {name}\n" for name in write_missing()))
