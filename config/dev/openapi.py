"""docs/openapi.yaml, and the OpenAPI document of the current code.

`make openapi` writes the file; `make check` fails with a diff if it is not up to date.
"""

import os
from pathlib import Path
from typing import Any, Final

import yaml

FILE: Final = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"

Document = dict[str, Any]


def read() -> Document:
    """The committed document, on which clients rely."""
    published: Document = yaml.load(FILE.read_text(), Loader=yaml.CSafeLoader)  # eight times as fast as safe_load
    return published


def document() -> Document:
    """The document of the code; needs no database and no Redis."""
    import django  # noqa: PLC0415  so that importing this module does not read the settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from drf_spectacular.generators import SchemaGenerator  # noqa: PLC0415

    generator: Any = SchemaGenerator  # it has no types
    made: Document = generator().get_schema(request=None, public=True)
    return made


def render(schema: Document) -> str:
    """The document as `/schema` serves it."""
    from drf_spectacular.renderers import OpenApiYamlRenderer  # noqa: PLC0415

    renderer: Any = OpenApiYamlRenderer  # it has no types
    text: bytes = renderer().render(schema, renderer_context={})
    return text.decode()


def resolved(part: Document, document: Document) -> Document:
    """Follow the references of a part, merge its `allOf`, and write the type null as `nullable: true`.

    Raises:
        KeyError: the document has no such part.
    """
    while "$ref" in part:
        target: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            target = target[name.replace("~1", "/").replace("~0", "~")]
        part = target
    merged = {name: value for name, value in part.items() if name != "allOf"}
    for each in part.get("allOf", ()):
        merged = _both(resolved(each, document), merged)
    return _with_nullable(merged, document)


def _with_nullable(part: Document, document: Document) -> Document:
    """Write null as OpenAPI 3.0 does; 3.1 lists the type null, or has it as an alternative."""
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


def _both(one: Document, other: Document) -> Document:
    """Merge two schemas that both apply."""
    properties = {**one.get("properties", {}), **other.get("properties", {})}
    required = sorted({*one.get("required", ()), *other.get("required", ())})
    return {
        **one,
        **other,
        **({"properties": properties} if properties else {}),
        **({"required": required} if required else {}),
    }
