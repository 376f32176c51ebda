"""docs/openapi.yaml is the OpenAPI document of the code."""

from config.dev import openapi


def test_the_file_is_what_the_code_makes() -> None:
    assert openapi.render(openapi.document()) == openapi.FILE.read_text(), "run: make openapi"
    second = openapi.render(openapi.document())
    assert second == openapi.FILE.read_text(), "a hook changed what the generator keeps of the views"


def test_a_nullable_reference_is_resolved_with_nullable() -> None:
    document = {"components": {"schemas": {"Mood": {"type": "string", "enum": ["calm"]}}}}
    mood = {"$ref": "#/components/schemas/Mood"}
    expected = {"type": "string", "enum": ["calm"], "nullable": True}
    assert openapi.resolved({"oneOf": [mood, {"type": "null"}]}, document) == expected
    assert openapi.resolved({"allOf": [mood], "nullable": True}, document) == expected
    assert openapi.resolved({"type": ["string", "null"]}, document) == {"type": "string", "nullable": True}
