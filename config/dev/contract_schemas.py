"""Comparing two schemas of OpenAPI 3.0 or 3.1 for what a client notices.

What a client sends may be taken more widely than before, and what it is sent may be narrower, never the other way
round: every rule below is that one, for one keyword. Where two values cannot be compared (two patterns), a change is
taken for one that breaks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

Schema = dict[str, Any]


class Direction(Enum):
    """Who writes what the schema describes."""

    REQUEST = "request"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A difference.

    Attributes:
        where: the operation, or within a schema the way to the place, `.reply.status` say.
        what: what changed, for a person.
        breaks: whether a client that was right before can be wrong now.
    """

    where: str
    what: str
    breaks: bool


LOWER_BOUNDS: Final = ("minLength", "minimum", "minItems", "minProperties")
UPPER_BOUNDS: Final = ("maxLength", "maximum", "maxItems", "maxProperties")
OPAQUE: Final = ("pattern", "format", "uniqueItems", "multipleOf", "exclusiveMinimum", "exclusiveMaximum")
"""Keywords of which only presence and sameness can be told. Each narrows what it is added to."""

WHOLE: Final = {"integer": "number"}
"""Every whole number is a number."""


def compare(before: Schema, after: Schema, *, direction: Direction, old: Schema, new: Schema) -> list[Change]:
    """What changed from `before` (in the document `old`) to `after` (in `new`).

    Returns:
        The changes, with `where` counted from the schemas' own place.
    """
    return list(_Comparison(direction=direction, old=old, new=new).run("", before, after))


def resolved(part: Schema, document: Schema) -> Schema:
    """The part that a reference leads to, with all that it is to fulfil (`allOf`) in one, and null told by `nullable`.

    Raises:
        KeyError: the document has no such part.
    """
    while "$ref" in part:
        target: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            target = target[name.replace("~1", "/").replace("~0", "~")]
        part = target
    merged = {name: value for name, value in part.items() if name != "allOf"}
    for piece in part.get("allOf", ()):
        merged = _both(resolved(piece, document), merged)
    return _null_told_apart(merged, document)


def _null_told_apart(part: Schema, document: Schema) -> Schema:
    """The part with `nullable`, as OpenAPI 3.0 tells it, where 3.1 lists the type null or has it as an alternative."""
    if isinstance(part.get("type"), list) and "null" in part["type"]:
        kinds = [kind for kind in part["type"] if kind != "null"]
        return {**part, "type": kinds[0] if len(kinds) == 1 else kinds, "nullable": True}
    for name in ("oneOf", "anyOf"):
        others = [each for each in part.get(name, ()) if resolved(each, document).get("type") != "null"]
        if len(others) < len(part.get(name, ())):
            rest = {key: value for key, value in part.items() if key != name}
            alone = resolved(others[0], document) if len(others) == 1 else {name: others}
            return {**_both(alone, rest), "nullable": True}
    return part


def _both(one: Schema, other: Schema) -> Schema:
    """What fulfils both."""
    properties = {**one.get("properties", {}), **other.get("properties", {})}
    required = sorted({*one.get("required", ()), *other.get("required", ())})
    return {
        **one,
        **other,
        **({"properties": properties} if properties else {}),
        **({"required": required} if required else {}),
    }


class _Comparison:
    """One walk through two schemas side by side."""

    def __init__(self, *, direction: Direction, old: Schema, new: Schema) -> None:
        self.sends = direction is Direction.REQUEST
        self.old, self.new, self.direction = old, new, direction
        self._seen: set[tuple[str, str]] = set()

    def run(self, where: str, before: Schema, after: Schema) -> Iterator[Change]:
        """The changes between two schemas, and below them."""
        names = before.get("$ref", ""), after.get("$ref", "")
        if all(names) and names in self._seen:
            return  # a schema within itself: it is being compared already
        self._seen.add(names)
        before, after = resolved(before, self.old), resolved(after, self.new)
        if _alternatives(before) != [before] or _alternatives(after) != [after]:
            yield from self._choice(where, before, after)
        else:
            for rule in (self._type, self._null, self._enum, self._bounds, self._opaque, self._default):
                yield from rule(where, before, after)
            yield from self._properties(where, before, after)
            yield from self._children(where, before, after)
        self._seen.discard(names)

    def _change(self, where: str, what: str, *, wider: bool | None) -> Change:
        """A change that made the set of values wider, or narrower, or (None) another."""
        return Change(where=where, what=what, breaks=wider is None or wider is not self.sends)

    def _choice(self, where: str, before: Schema, after: Schema) -> Iterator[Change]:
        """Each alternative of the narrower side has to fit one of the wider side's."""
        was, is_now = _alternatives(before), _alternatives(after)

        def fits(one: Schema, other: Schema) -> bool:
            return not any(change.breaks for change in self.run(where, one, other))

        if self.sends:
            holds = all(any(fits(one, other) for other in is_now) for one in was)
        else:
            holds = all(any(fits(one, other) for one in was) for other in is_now)
        if not holds or was != is_now:
            yield Change(where=where, what="its alternatives changed", breaks=not holds)

    def _type(self, where: str, before: Schema, after: Schema) -> Iterator[Change]:
        was, is_now = before.get("type"), after.get("type")
        if was == is_now:
            return
        wider: bool | None = None
        if is_now is None or (was and WHOLE.get(was) == is_now):
            wider = True
        elif was is None or WHOLE.get(is_now) == was:
            wider = False
        yield self._change(where, f"its type changed from {was or 'any'} to {is_now or 'any'}", wider=wider)

    def _null(self, where: str, before: Schema, after: Schema) -> Iterator[Change]:
        was, is_now = before.get("nullable", False), after.get("nullable", False)
        if was != is_now:
            yield self._change(where, f"it may {'now' if is_now else 'no longer'} be null", wider=is_now)

    def _enum(self, where: str, before: Schema, after: Schema) -> Iterator[Change]:
        was, is_now = before.get("enum"), after.get("enum")
        if was is None and is_now is None:
            return
        if was is None or is_now is None:
            what = "any value is allowed" if is_now is None else "only some values are allowed"
            yield self._change(where, what, wider=is_now is None)
            return
        for value in was:
            if value not in is_now:
                yield self._change(where, f"the value {value!r} was removed", wider=False)
        for value in is_now:
            if value not in was:
                yield self._change(where, f"the value {value!r} is new", wider=True)

    def _bounds(self, where: str, before: Schema, after: Schema) -> Iterator[Change]:
        for name in (*LOWER_BOUNDS, *UPPER_BOUNDS):
            was, is_now = before.get(name), after.get(name)
            if was == is_now:
                continue
            if was is not None and is_now is not None:
                wider = (is_now > was) is (name in UPPER_BOUNDS)
            else:
                wider = is_now is None
            yield self._change(where, f"{name} changed from {was} to {is_now}", wider=wider)

    def _opaque(self, where: str, before: Schema, after: Schema) -> Iterator[Change]:
        for name in OPAQUE:
            was, is_now = before.get(name), after.get(name)
            if was != is_now:
                wider = True if is_now is None else False if was is None else None
                yield self._change(where, f"{name} changed from {was} to {is_now}", wider=wider)

    def _default(self, where: str, before: Schema, after: Schema) -> Iterator[Change]:
        was, is_now = before.get("default"), after.get("default")
        if self.sends and was != is_now:
            yield self._change(where, f"what holds if it is left out changed from {was!r} to {is_now!r}", wider=None)

    def _properties(self, where: str, before: Schema, after: Schema) -> Iterator[Change]:
        was, is_now = self._visible(before), self._visible(after)
        needed_before, needed_after = set(before.get("required", ())), set(after.get("required", ()))
        for name in sorted(was.keys() - is_now.keys()):
            yield Change(where=f"{where}.{name}", what="the field was removed", breaks=True)
        for name in sorted(is_now.keys() - was.keys()):
            breaks = self.sends and name in needed_after
            yield Change(where=f"{where}.{name}", what=f"a new field{', required' if breaks else ''}", breaks=breaks)
        for name in sorted(was.keys() & is_now.keys()):
            if (name in needed_before) != (name in needed_after):
                optional = name in needed_before
                what = "the field may be left out" if optional else "the field is always there"
                yield self._change(f"{where}.{name}", what, wider=optional)
            yield from self.run(f"{where}.{name}", was[name], is_now[name])

    def _visible(self, schema: Schema) -> dict[str, Schema]:
        """The fields that count in this direction."""
        hidden = "readOnly" if self.sends else "writeOnly"
        return {name: each for name, each in schema.get("properties", {}).items() if not each.get(hidden)}

    def _children(self, where: str, before: Schema, after: Schema) -> Iterator[Change]:
        if "items" in before and "items" in after:
            yield from self.run(f"{where}[]", before["items"], after["items"])
        was, is_now = before.get("additionalProperties", True), after.get("additionalProperties", True)
        if isinstance(was, dict) and isinstance(is_now, dict):
            yield from self.run(f"{where}.*", was, is_now)
        elif was != is_now:
            wider = True if is_now in (True, {}) else False if was in (True, {}) else None
            yield self._change(where, "which further fields are allowed changed", wider=wider)


def _alternatives(schema: Schema) -> list[Schema]:
    for name in ("oneOf", "anyOf"):
        if name in schema:
            return list(schema[name])
    return [schema]
