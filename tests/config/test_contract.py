"""docs/openapi.yaml is what clients were promised: what breaks it is told from what does not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from config.dev import contract

Schema = dict[str, Any]

OLD: Schema = yaml.safe_load("""
openapi: 3.0.3
paths:
  /room/{room_id}:
    get:
      parameters:
      - {in: path, name: room_id, required: true, schema: {type: integer}}
      - {in: query, name: limit, schema: {type: integer, maximum: 100}}
      responses:
        '200':
          content:
            application/json: {schema: {$ref: '#/components/schemas/Room'}}
            text/markdown: {schema: {type: string}}
    patch:
      security: [{token: []}]
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/RoomRequest'}}
      responses:
        '200': {content: {application/json: {schema: {$ref: '#/components/schemas/Room'}}}}
        '202': {description: later}
    delete:
      security: [{token: []}]
      responses: {'204': {description: gone}}
components:
  schemas:
    Mood: {type: string, enum: [calm, wild]}
    Room:
      type: object
      required: [id, mood, text]
      properties:
        id: {type: integer, readOnly: true}
        mood: {allOf: [{$ref: '#/components/schemas/Mood'}], readOnly: true}
        text: {type: string, maxLength: 80, pattern: ^a}
        price: {oneOf: [{type: integer}, {type: string}]}
        rooms: {type: array, items: {$ref: '#/components/schemas/Room'}}
    RoomRequest:
      type: object
      required: [text]
      properties:
        text: {type: string, maxLength: 80}
        mood: {$ref: '#/components/schemas/Mood'}
        cookie: {type: boolean, default: false}
        language: {oneOf: [{type: string, maxLength: 35}, {type: string, maxLength: 0}]}
""")

ROOM = "components.schemas.Room.properties."
REQUEST = "components.schemas.RoomRequest."
GET, PATCH = "paths./room/{room_id}.get.", "paths./room/{room_id}.patch."


def put(path: str, value: Any) -> Callable[[Schema], None]:
    """Set what stands at `path`, or remove it (None)."""

    def change(schema: Schema) -> None:
        *way, last = path.split(".")
        for name in way:
            schema = schema[int(name) if isinstance(schema, list) else name]
        if value is None:
            del schema[last]
        elif isinstance(schema, list):
            schema[int(last)] = value
        else:
            schema[last] = value

    return change


BREAKING = {
    "an operation removed": put("paths./room/{room_id}.delete", None),
    "a path removed": put("paths./room/{room_id}", None),
    "an answer removed": put(PATCH + "responses.202", None),
    "a kind of answer removed": put(GET + "responses.200.content.text/markdown", None),
    "a parameter removed": put(GET + "parameters.1", {"in": "query", "name": "size", "schema": {"type": "integer"}}),
    "a parameter required": put(GET + "parameters.1.required", True),
    "a parameter's bound lowered": put(GET + "parameters.1.schema.maximum", 50),
    "an authentication asked for": put(GET + "security", [{"token": []}]),
    "another authentication asked for": put(PATCH + "security", [{"key": []}]),
    "a field of a body required": put(REQUEST + "required", ["text", "mood"]),
    "a new required field of a body": lambda schema: (
        put(REQUEST + "properties.name", {"type": "string"})(schema),
        put(REQUEST + "required", ["text", "name"])(schema),
    ),
    "a field of a body removed": put(REQUEST + "properties.mood", None),
    "a body's text shortened": put(REQUEST + "properties.text.maxLength", 70),
    "a body's text of one spelling": put(REQUEST + "properties.text.pattern", "^b"),
    "a body's text longer than empty": put(REQUEST + "properties.text.minLength", 1),
    "a body's field of another type": put(REQUEST + "properties.text.type", "integer"),
    "a body's field with fewer alternatives": put(REQUEST + "properties.language.oneOf", [{"type": "integer"}]),
    "another default": put(REQUEST + "properties.cookie.default", True),
    "a value taken from an enum": put("components.schemas.Mood.enum", ["calm"]),
    "a value added to an enum that is answered": put("components.schemas.Mood.enum", ["calm", "wild", "odd"]),
    "a field of an answer removed": put(ROOM + "text", None),
    "a field of an answer missing at times": put("components.schemas.Room.required", ["id", "mood"]),
    "a field of an answer null at times": put(ROOM + "text.nullable", True),
    "a field of an answer longer": put(ROOM + "text.maxLength", 90),
    "a field of an answer of any spelling": put(ROOM + "text.pattern", None),
    "a whole number of an answer with a fraction": put(ROOM + "id.type", "number"),
    "a further alternative in an answer": put(
        ROOM + "price.oneOf", [{"type": "integer"}, {"type": "string"}, {"type": "boolean"}]
    ),
    "a list's items of another type": put(ROOM + "rooms.items", {"type": "string"}),
}
COMPATIBLE = {
    "a new operation": put("paths./room/{room_id}.put", {"responses": {}}),
    "a new path": put("paths./rooms", {"get": {"responses": {}}}),
    "a new answer": put(PATCH + "responses.203", {"description": ""}),
    "a new optional parameter": lambda schema: schema["paths"]["/room/{room_id}"]["get"]["parameters"].append(
        {"in": "query", "name": "size", "schema": {"type": "integer"}}
    ),
    "a bound raised": put(GET + "parameters.1.schema.maximum", 200),
    "an authentication no longer asked for": put(PATCH + "security", []),
    "a further authentication": put(PATCH + "security", [{"token": []}, {"key": []}]),
    "a new optional field of a body": put(REQUEST + "properties.name", {"type": "string"}),
    "a field of a body optional": put(REQUEST + "required", []),
    "a body's text longer": put(REQUEST + "properties.text.maxLength", 90),
    "a body's field null": put(REQUEST + "properties.text.nullable", True),
    "a body's field with a further alternative": put(
        REQUEST + "properties.language.oneOf", [{"type": "string", "maxLength": 35}, {"type": "integer"}]
    ),
    "the body optional": put(PATCH + "requestBody.required", False),
    "a new field of an answer": put(ROOM + "name", {"type": "string"}),
    "a field of an answer shorter": put(ROOM + "text.maxLength", 70),
    "a field of an answer always there": put("components.schemas.Room.required", ["id", "mood", "text", "price"]),
    "one alternative in an answer": put(ROOM + "price", {"type": "integer"}),
}


def changed(change: Callable[[Schema], Any]) -> list[Any]:
    new = copy.deepcopy(OLD)
    change(new)
    return contract.differences(OLD, new)


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_clients_is_told(name: str) -> None:
    assert any(each.breaks for each in changed(BREAKING[name]))


@pytest.mark.parametrize("name", COMPATIBLE)
def test_what_breaks_nobody_is_told_as_such(name: str) -> None:
    found = changed(COMPATIBLE[name])
    assert found
    assert [each for each in found if each.breaks] == []


def test_words_are_no_change() -> None:
    assert changed(put(GET + "summary", "Get a room")) == []
    assert changed(put(ROOM + "text.description", "Its text")) == []


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"$ref": "#/components/schemas/Mood"}, {"allOf": [{"$ref": "#/components/schemas/Mood"}]}),
        (
            {"allOf": [{"$ref": "#/components/schemas/Mood"}], "nullable": True},
            {"oneOf": [{"$ref": "#/components/schemas/Mood"}, {"type": "null"}]},
        ),
        (
            {"oneOf": [{"type": "integer"}, {"type": "string"}], "nullable": True},
            {"oneOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]},
        ),
    ],
)
def test_null_is_told_in_two_ways_that_are_one(then: Schema, now: Schema) -> None:
    old, new = copy.deepcopy(OLD), copy.deepcopy(OLD)
    put(ROOM + "text", then)(old)
    put(ROOM + "text", now)(new)
    assert contract.differences(old, new) == []
    put(ROOM + "text", {"type": "integer"})(new)
    assert contract.differences(old, new) != []


def test_null_as_an_alternative_is_null_at_times() -> None:
    change = put(ROOM + "mood", {"oneOf": [{"$ref": "#/components/schemas/Mood"}, {"type": "null"}]})
    assert {each.what for each in changed(change) if each.breaks} == {"it may now be null"}


def test_a_change_says_where_it_is() -> None:
    [line] = contract.report(changed(put(REQUEST + "properties.text.maxLength", 70)))
    assert line == "BREAKS CLIENTS  PATCH /room/{room_id}: the body.text: maxLength changed from 80 to 70"


def test_the_file_is_what_the_code_makes() -> None:
    promised = contract.FILE.read_text()
    made = contract.render(contract.document())
    assert list(contract.report(contract.differences(yaml.safe_load(promised), yaml.safe_load(made)))) == []
    assert made == promised, "run: make openapi"


@pytest.fixture(scope="module")
def made() -> Schema:
    """What the code makes, made once."""
    return contract.document()


@pytest.fixture
def promised(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, made: Schema) -> Any:
    """A contract of our own, as the code makes it, to be changed."""
    monkeypatch.setattr(contract, "document", lambda: copy.deepcopy(made))
    file = tmp_path / "openapi.yaml"
    file.write_text(contract.FILE.read_text())
    monkeypatch.setattr(contract, "FILE", file)
    return file


@pytest.mark.parametrize(
    ("promise", "told"),
    [
        (lambda schema: schema["paths"]["/usage"].update(post={"responses": {}}), "breaks the contract"),
        (lambda schema: schema["paths"].pop("/usage"), "breaks nothing"),
        (lambda schema: schema["info"].update(title="Another"), "differ in words"),
    ],
)
def test_the_check_fails_until_the_change_is_accepted(
    promised: Any, capsys: pytest.CaptureFixture[str], promise: Callable[[Schema], Any], told: str
) -> None:
    schema = yaml.safe_load(promised.read_text())
    promise(schema)
    promised.write_text(yaml.safe_dump(schema))
    assert contract.main([]) == 1
    assert told in capsys.readouterr().out
    assert contract.main(["--accept"]) == 0
    assert contract.main([]) == 0
