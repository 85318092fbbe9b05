"""Fields of messages taken slowly, over characters: what the kernels have to agree with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.parse import reference_durations

Found = tuple[str, str | None, bool]
"""A key, its value as it is written (None for null), and whether that stood in quotes."""

STRING = r'"((?:[^"\\]|\\.)*)"'
LOGFMT = re.compile(rf"([^\x00-\x20=]*)=(?:{STRING}|([^\x00-\x20]*))|([^\x00-\x20=]+)", re.DOTALL)
PAIR = re.compile(
    rf"([A-Za-z0-9_.\-\x80-\U0010ffff]+)=(?:{STRING}|'([^']*)'|([^\x00-\x20,;]*))", re.DOTALL
)
BLANK = re.compile(r"[ \t\n\r]*")
JSON_STRING = re.compile(STRING, re.DOTALL)
JSON_SCALAR = re.compile(
    r"(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"(?=[\x00-\x20,}\]]|\Z)"
)
ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class BadJsonError(Exception):
    """The message is no object."""


def extract(
    kind: str, message: str, types: Mapping[str, str], keys: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the fields of a message that are not null."""
    keys = {name: name for name in types} | dict(keys or {})
    fields: dict[str, Any] = dict.fromkeys(types)
    for key, value, quoted in FINDERS[kind](message, types, keys):
        for name in types:
            if keys[name] == key:
                fields[name] = None if value is None else convert(types[name], value, quoted)
    return {name: value for name, value in fields.items() if value is not None}


def convert(kind: str, text: str, quoted: bool = False) -> Any:
    """Return a value of a type, or None where the text is none."""
    if kind == "text":
        return unescape(text) if quoted else text
    if kind == "integer":
        number = int(text) if re.fullmatch("-?[0-9]+", text) else None
        return number if number is None or abs(number) < 2**63 else None
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower())
    is_number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text)
    if kind == "number":
        return float(text) if is_number else None
    if is_number:
        return float(text) if abs(float(text)) < float("inf") else None
    length = reference_durations.seconds(text)
    return None if length is None else float(length)


def unescape(text: str) -> str:
    """Decode JSON's escapes; what is none stays, lone surrogates become U+FFFD."""
    plain = ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else LETTERS.get(m[2], m[2]), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _logfmt(message: str, types: Mapping[str, str], keys: Mapping[str, str]) -> Iterator[Found]:
    for match in LOGFMT.finditer(message):
        key, quoted, bare, word = match.groups()
        if word is None:
            yield key, bare if quoted is None else quoted, quoted is not None
        else:
            flags = (keys[name] for name in types if types[name] == "boolean")
            yield from ((word, "true", False) for flag in flags if flag == word)


def _pairs(message: str, _types: Mapping[str, str], _keys: Mapping[str, str]) -> Iterator[Found]:
    place = 0
    while match := PAIR.search(message, place):
        key, double, single, bare = match.groups()
        place = match.end()
        if bare is not None:
            ends = (n for n in range(len(bare)) if _closes(bare[: n + 1]))
            cut = next(ends, len(bare))
            place -= len(bare) - cut
            bare = bare[:cut]
        yield key, next(v for v in (double, single, bare) if v is not None), double is not None


def _closes(text: str) -> bool:
    """Tell whether more brackets are closed than opened."""
    return sum(map(text.count, ")]}")) > sum(map(text.count, "([{"))


def _json(message: str, _types: Mapping[str, str], keys: Mapping[str, str]) -> Iterator[Found]:
    place = _blank(message, 0)
    head = message[place : place + 5].encode()[:5]
    if len(head) == 5 and head[:1] == b"@" and head[4:] == b":":  # a cookie of five bytes
        place = _blank(message, place + len(head.decode()))
    found: list[Found] = []
    try:
        if message[place : place + 1] != "{":
            raise BadJsonError
        place = _members(message, place, "", set(keys.values()), found)
    except BadJsonError:
        return
    if _blank(message, place) == len(message):
        yield from found


def _members(text: str, place: int, path: str, wanted: set[str], found: list[Found]) -> int:
    """Read the object or array at `place`, add what is in it to `found`, return its end."""
    closer = "}" if text[place] == "{" else "]"
    place = _blank(text, place + 1)
    if text[place : place + 1] == closer:
        return place + 1
    for number in range(len(text)):
        key = str(number)
        if closer == "}":
            place, key = _string(text, place)
            place = _blank(text, _expect(text, _blank(text, place), ":"))
        place = _blank(text, _value(text, place, path + unescape(key), wanted, found))
        if text[place : place + 1] == closer:
            return place + 1
        place = _blank(text, _expect(text, place, ","))
    raise BadJsonError


def _value(text: str, place: int, path: str, wanted: set[str], found: list[Found]) -> int:
    first = text[place : place + 1]
    if first == '"':
        end, value = _string(text, place)
        found.append((path, value, True))
        return end
    if first in ("{", "["):
        leads = any(key.startswith(path + ".") for key in wanted)
        end = _skipped(text, place) if path in wanted or not leads else 0
        found.append((path, text[place:end], False))
        return _members(text, place, path + ".", wanted, found) if leads else end
    match = JSON_SCALAR.match(text, place)
    if match is None:
        raise BadJsonError
    found.append((path, None if match[0] == "null" else match[0], False))
    return match.end()


def _skipped(text: str, place: int) -> int:
    """Return the end of a nested value by its brackets and strings."""
    depth = 0
    while place < len(text):
        if text[place] == '"':
            place, _ = _string(text, place)
            continue
        depth += (text[place] in "{[") - (text[place] in "}]")
        place += 1
        if depth == 0:
            return place
    raise BadJsonError


def _string(text: str, place: int) -> tuple[int, str]:
    match = JSON_STRING.match(text, place)
    if match is None:
        raise BadJsonError
    return match.end(), match[1]


def _expect(text: str, place: int, mark: str) -> int:
    if text[place : place + 1] != mark:
        raise BadJsonError
    return place + 1


def _blank(text: str, place: int) -> int:
    match = BLANK.match(text, place)
    assert match is not None
    return match.end()


FINDERS = {"logfmt": _logfmt, "pairs": _pairs, "json": _json}
