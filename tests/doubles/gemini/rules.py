"""What the real API refuses, as far as a chat is concerned."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from tests.doubles.gemini import payloads

REQUEST_FIELDS = {
    "model",
    "contents",
    "systemInstruction",
    "generationConfig",
    "safetySettings",
    "tools",
    "toolConfig",
    "cachedContent",
}
GENERATION_FIELDS = {
    "candidateCount",
    "stopSequences",
    "maxOutputTokens",
    "temperature",
    "topP",
    "topK",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "responseMimeType",
    "responseSchema",
    "thinkingConfig",
}

# "Manually set deadline 5s is too short. Minimum allowed deadline is 10s."
LEAST_DEADLINE_SECONDS = 10


class Refused(Exception):
    """The API would refuse this call."""

    def __init__(self, status: int, message: str = "", body: dict[str, Any] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body or payloads.error_body(status=status, message=message)


def check(*, version: str, model: str, key: str, headers: Mapping[str, str], body: Any) -> None:
    """Raise `Refused` for a call that the API would refuse."""
    check_model(version=version, model=model, key=key)
    if float(headers.get("x-server-timeout", LEAST_DEADLINE_SECONDS)) < LEAST_DEADLINE_SECONDS:
        raise Refused(400, "Manually set deadline is too short. Minimum allowed deadline is 10s.")
    if not isinstance(body, dict):
        raise Refused(400, "Invalid JSON payload received.")
    _check_fields(body, REQUEST_FIELDS)
    _check_generation(body.get("generationConfig", {}))
    _check_turns(body.get("contents") or [])


def check_model(*, version: str, model: str, key: str) -> None:
    """Raise `Refused` for a key or a model that the API would refuse."""
    _check_key(key)
    if not model.startswith("gemini-") or (model.endswith("-latest") and version == "v1"):
        raise Refused(404, f"models/{model} is not found for API version {version}, or is not supported.")


def _check_key(key: str) -> None:
    if not key:
        raise Refused(403, "Method doesn't allow unregistered callers. Please use API Key.")
    if key.startswith("bad"):
        raise Refused(400, body=payloads.bad_key())


def _check_fields(given: dict[str, Any], known: set[str]) -> None:
    for name in given.keys() - known:
        raise Refused(400, f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')


def _check_generation(config: dict[str, Any]) -> None:
    _check_fields(config, GENERATION_FIELDS)
    if not 0 <= config.get("temperature", 0) <= 2:
        raise Refused(400, "GenerateContentRequest.generation_config.temperature must be in the range [0.0, 2.0].")
    if config.get("maxOutputTokens", 1) < 1:
        raise Refused(400, "max_output_tokens must be positive.")


def _check_turns(contents: list[dict[str, Any]]) -> None:
    if not contents:
        raise Refused(400, "GenerateContentRequest.contents: contents is not specified")
    roles = [turn.get("role") for turn in contents]
    if not set(roles) <= {"user", "model"}:
        raise Refused(400, "Please use a valid role: user, model.")
    if any(role == next_role for role, next_role in pairwise(roles)):
        raise Refused(400, "Please ensure that multiturn requests alternate between user and model")
    if roles[0] != "user" or roles[-1] != "user":
        raise Refused(400, "Please ensure that multiturn requests begin and end with a user role.")
    for turn in contents:
        if not turn.get("parts") or not all(part.get("text") for part in turn["parts"]):
            raise Refused(400, "Unable to submit request because it must have a text parameter.")
