"""What the real API refuses, as far as a chat is concerned."""

import base64
import re
from collections.abc import Callable, Mapping
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
    "store",
    "serviceTier",
    "continuationToken",
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
    "responseJsonSchema",
    "responseModalities",
    "mediaResolution",
}
PART_KINDS = ("text", "inlineData", "fileData")

WITHOUT_MINIMAL = re.compile(r"gemini-(3\.[78]|4)")
WITHOUT_BUDGET = re.compile(r"gemini-4")
"""Models that refuse the level, or a budget, of thinking."""

# "Manually set deadline 5s is too short. Minimum allowed deadline is 10s."
LEAST_DEADLINE_SECONDS = 10


class Refused(Exception):
    """The API would refuse this call."""

    def __init__(self, status: int, message: str = "", body: dict[str, Any] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body or payloads.error_body(status=status, message=message)


def check(*, version: str, model: str, key: str, headers: Mapping[str, str], body: Any, is_count: bool) -> None:
    """Raise `Refused` for a call that the API would refuse; a call that only counts tokens stores nothing."""
    check_model(version=version, model=model, key=key)
    if float(headers.get("x-server-timeout", LEAST_DEADLINE_SECONDS)) < LEAST_DEADLINE_SECONDS:
        raise Refused(400, "Manually set deadline is too short. Minimum allowed deadline is 10s.")
    if not isinstance(body, dict):
        raise Refused(400, "Invalid JSON payload received.")
    _check_fields(body, REQUEST_FIELDS)
    if not is_count:
        _check_store(body, key=key)
    _check_generation(body.get("generationConfig", {}))
    _check_thinking(body.get("generationConfig", {}).get("thinkingConfig", {}), model=model)
    _check_turns(body.get("contents") or [])


def check_model(*, version: str, model: str, key: str) -> None:
    """Raise `Refused` for a key or a model that the API would refuse."""
    check_key(key)
    if not model.startswith("gemini-") or (model.endswith("-latest") and version == "v1"):
        raise Refused(404, f"models/{model} is not found for API version {version}, or is not supported.")


def check_key(key: str) -> None:
    """Raise `Refused` for a key that the API would refuse."""
    if not key:
        raise Refused(403, "Method doesn't allow unregistered callers. Please use API Key.")
    if key.startswith("bad"):
        raise Refused(400, body=payloads.bad_key())


def check_files(body: Any, *, has: Callable[[str], bool]) -> None:
    """Raise `Refused` for a file that is not there, and for bytes that are none."""
    for part in (part for turn in body.get("contents") or [] for part in turn.get("parts", [])):
        if "fileData" in part and not has(part["fileData"].get("fileUri", "")):
            name = part["fileData"].get("fileUri", "").rpartition("/")[2]
            raise Refused(403, f"You do not have permission to access the File {name} or it may not exist.")
        if "inlineData" in part:
            try:
                data = base64.b64decode(part["inlineData"]["data"], altchars="-_")
            except (KeyError, ValueError):
                raise Refused(400, "Invalid value at 'contents[0].parts[0].inline_data.data'") from None
            if not data or "/" not in part["inlineData"].get("mimeType", ""):
                raise Refused(400, "Unable to process input image. Please retry or report.")


def _check_fields(given: dict[str, Any], known: set[str]) -> None:
    for name in given.keys() - known:
        raise Refused(400, f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')


def _check_store(body: dict[str, Any], *, key: str) -> None:
    """Let no test pass in which a new project's prompt would be stored: the API would take it.

    Projects from before 2026-10-26 do not store by default; their keys begin with "old" here.
    """
    if body.get("store") is not False and not key.startswith("old"):
        raise Refused(400, 'The double refuses a call of a new project without "store": false.')


def _check_thinking(config: dict[str, Any], *, model: str) -> None:
    _check_fields(config, {"includeThoughts", "thinkingBudget", "thinkingLevel"})
    level = config.get("thinkingLevel", "").upper()
    if level and "thinkingBudget" in config:
        raise Refused(400, "You can only set only one of thinking budget and thinking level.")
    if level not in ("", "MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"):
        raise Refused(400, f"Invalid value at 'generation_config.thinking_config.thinking_level': {level}")
    if level == "MINIMAL" and WITHOUT_MINIMAL.match(model):
        raise Refused(400, f"Thinking level MINIMAL is not supported for model {model}.")
    if "thinkingBudget" in config and WITHOUT_BUDGET.match(model):
        raise Refused(400, f"thinking_budget is not supported for model {model}. Use thinking_level.")


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
        parts = turn.get("parts") or []
        if not parts or not all(any(part.get(kind) for kind in PART_KINDS) for part in parts):
            raise Refused(400, "Unable to submit request because it must have a text parameter.")
