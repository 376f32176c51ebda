"""The API's contract: docs/openapi.yaml is what clients were promised, and the code is held to it.

`python -m config.dev.contract` compares the two and fails where they differ, saying what breaks clients and what does
not.
`python -m config.dev.contract --accept` writes the file anew: a deliberate change then shows in its commit.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from config.dev.contract_schemas import Change, Direction, compare, resolved

FILE: Final = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
METHODS: Final = frozenset({"get", "put", "post", "patch", "delete", "head", "options", "trace"})

Document = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Compare, or accept; return the exit code."""
    promised = FILE.read_text() if FILE.exists() else "{}"
    made = render(document())
    changes = differences(yaml.safe_load(promised), yaml.safe_load(made))
    for line in report(changes):
        print(line)
    if arguments == ["--accept"]:
        FILE.write_text(made)
        return 0
    if made == promised:
        return 0
    print(_verdict(changes))
    return 1


def read() -> Document:
    """What clients were promised."""
    promised: Document = yaml.safe_load(FILE.read_text()) if FILE.exists() else {}
    return promised


def document() -> Document:
    """The OpenAPI document of the code as it is, read without any connection."""
    import django  # noqa: PLC0415  the settings are to be read when they are needed, not when this is imported

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from drf_spectacular.generators import SchemaGenerator  # noqa: PLC0415

    generator: Any = SchemaGenerator  # it brings no types
    made: Document = generator().get_schema(request=None, public=True)
    return made


def render(schema: Document) -> str:
    """The document as `/schema` serves it."""
    from drf_spectacular.renderers import OpenApiYamlRenderer  # noqa: PLC0415

    renderer: Any = OpenApiYamlRenderer  # it brings no types
    text: bytes = renderer().render(schema, renderer_context={})
    return text.decode()


def report(changes: list[Change]) -> Iterator[str]:
    """One line per change, those that break clients first."""
    for change in sorted(changes, key=lambda each: not each.breaks):
        yield f"{'BREAKS CLIENTS' if change.breaks else 'compatible    '}  {change.where}: {change.what}"


def _verdict(changes: list[Change]) -> str:
    if any(change.breaks for change in changes):
        fault = "The code breaks the contract in docs/openapi.yaml. Mend it; or, if clients are to change,"
    elif changes:
        fault = "The code promises more than docs/openapi.yaml says, and breaks nothing. To write it down,"
    else:
        fault = "The code and docs/openapi.yaml differ in words or order alone. To write it down,"
    return f"{fault} run: make openapi (then make postman), and commit what that changes."


# --- Comparing --------------------------------------------------------------------------------------------------------


def differences(old: Document, new: Document) -> list[Change]:
    """What a client of `old` notices when it meets `new`."""
    before, after = _operations(old), _operations(new)
    found = [Change(where=name, what="the operation was removed", breaks=True) for name in before if name not in after]
    found += [Change(where=name, what="a new operation", breaks=False) for name in after if name not in before]
    for name in before:
        if name in after:
            pair = _Pair(name, before[name], after[name], old, new)
            found += [*pair.access(), *pair.parameters(), *pair.body(), *pair.responses()]
    return found


def _operations(schema: Document) -> dict[str, Document]:
    """The operations by `METHOD /path`, with what their path says for all of them folded in."""
    found = {}
    for path, item in schema.get("paths", {}).items():
        for method in METHODS & item.keys():
            operation = item[method]
            parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
            found[f"{method.upper()} {path}"] = {**operation, "parameters": parameters}
    return dict(sorted(found.items()))


class _Pair:
    """One operation before and after, each with the document that its references lead into."""

    def __init__(self, name: str, before: Document, after: Document, old: Document, new: Document) -> None:
        self.name, self.before, self.after, self.old, self.new = name, before, after, old, new

    def access(self) -> Iterator[Change]:
        """Whoever was let in has to be let in still."""
        before, after = (_ways_in(operation, schema) for operation, schema in self._sides())
        shut_out = any(not any(way <= known for way in after) for known in before)
        if shut_out:
            yield self._change("it asks for an authentication that it did not ask for", breaks=True)
        elif set(before) != set(after):
            yield self._change("it takes further ways of authentication", breaks=False)

    def parameters(self) -> Iterator[Change]:
        """A parameter that is sent keeps its meaning, and one that is not is not asked for."""
        before, after = _parameters(self.before, self.old), _parameters(self.after, self.new)
        for key in before.keys() - after.keys():
            yield self._change(f"{key} was removed", breaks=True)
        for key in after.keys() - before.keys():
            needed = after[key].get("required", False)
            yield self._change(f"{key} is new{' and required' if needed else ''}", breaks=needed)
        for key in before.keys() & after.keys():
            was, is_now = before[key].get("required", False), after[key].get("required", False)
            if was != is_now:
                yield self._change(f"{key} became {'required' if is_now else 'optional'}", breaks=is_now)
            yield from self._compare(key, before[key], after[key], Direction.REQUEST)

    def body(self) -> Iterator[Change]:
        """A body that was taken is taken still."""
        before, after = (resolved(each.get("requestBody", {}), within) for each, within in self._sides())
        if before and not after:
            yield self._change("the body was removed", breaks=True)
            return
        needed = after.get("required", False)
        if needed and not before.get("required", False):
            yield self._change("a body is now required", breaks=True)
        elif after and not before:
            yield self._change("an optional body is new", breaks=False)
        elif before.get("required", False) and not needed:
            yield self._change("the body became optional", breaks=False)
        yield from self._contents("the body", before, after, Direction.REQUEST)

    def responses(self) -> Iterator[Change]:
        """An answer that came comes still, with what was in it."""
        before, after = self.before.get("responses", {}), self.after.get("responses", {})
        for status in sorted(before.keys() - after.keys()):
            yield self._change(f"the answer {status} was removed", breaks=True)
        for status in sorted(after.keys() - before.keys()):
            yield self._change(f"the answer {status} is new", breaks=False)
        for status in sorted(before.keys() & after.keys()):
            was, is_now = resolved(before[status], self.old), resolved(after[status], self.new)
            yield from self._contents(f"the answer {status}", was, is_now, Direction.RESPONSE)

    def _contents(self, what: str, before: Document, after: Document, direction: Direction) -> Iterator[Change]:
        was, is_now = before.get("content", {}), after.get("content", {})
        for kind in sorted(was.keys() - is_now.keys()):
            yield self._change(f"{what} is no longer {kind}", breaks=True)
        for kind in sorted(is_now.keys() - was.keys()):
            yield self._change(f"{what} may be {kind}", breaks=direction is Direction.RESPONSE and not was)
        for kind in sorted(was.keys() & is_now.keys()):
            yield from self._compare(what, was[kind], is_now[kind], direction)

    def _compare(self, what: str, before: Document, after: Document, direction: Direction) -> Iterator[Change]:
        schemas = before.get("schema", {}), after.get("schema", {})
        for change in compare(*schemas, direction=direction, old=self.old, new=self.new):
            where = f"{self.name}: {what}{change.where}"
            yield Change(where=where, what=change.what, breaks=change.breaks)

    def _sides(self) -> tuple[tuple[Document, Document], tuple[Document, Document]]:
        return (self.before, self.old), (self.after, self.new)

    def _change(self, what: str, *, breaks: bool) -> Change:
        return Change(where=self.name, what=what, breaks=breaks)


def _ways_in(operation: Document, within: Document) -> list[frozenset[str]]:
    """The sets of authentications of which one is enough; the empty set is none at all."""
    ways: list[dict[str, Any]] = operation.get("security", within.get("security")) or [{}]
    return [frozenset(way) for way in ways]


def _parameters(operation: Document, within: Document) -> dict[str, Document]:
    found = (resolved(parameter, within) for parameter in operation["parameters"])
    return {f"the {each['in']} parameter {each['name']}": each for each in found}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
