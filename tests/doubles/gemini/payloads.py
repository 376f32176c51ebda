"""The JSON that Gemini sends. `test_double_payloads.py` compares it with the SDKs' own types."""

import re
from typing import Any

from tests.doubles.gemini.behaviour import Behaviour

# Asked with `enum-encoding=int`, as google-generativeai does, the API sends numbers:
# https://github.com/googleapis/googleapis/blob/master/google/ai/generativelanguage/v1beta/generative_service.proto
ENUM_NUMBERS = {
    "finishReason": {
        "STOP": 1,
        "MAX_TOKENS": 2,
        "SAFETY": 3,
        "RECITATION": 4,
        "OTHER": 5,
        "LANGUAGE": 6,
        "BLOCKLIST": 7,
        "PROHIBITED_CONTENT": 8,
        "SPII": 9,
        "MALFORMED_FUNCTION_CALL": 10,
        "IMAGE_SAFETY": 11,
        "UNEXPECTED_TOOL_CALL": 12,
        "IMAGE_PROHIBITED_CONTENT": 14,
        "NO_IMAGE": 16,
    },
    "blockReason": {"SAFETY": 1, "OTHER": 2, "BLOCKLIST": 3, "PROHIBITED_CONTENT": 4},
    "category": {"HARM_CATEGORY_DANGEROUS_CONTENT": 10},
    "probability": {"HIGH": 4},
}

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    402: "RESOURCE_EXHAUSTED",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}

SAFETY_RATING = {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}


def description(*, model: str) -> dict[str, Any]:
    return {
        "name": f"models/{model}",
        "version": "001",
        "displayName": model,
        "inputTokenLimit": 1048576,
        "outputTokenLimit": 65536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }


def usage(*, prompt_tokens: int, output_tokens: int | None, thoughts: int) -> dict[str, int]:
    """The counts; Gemini omits that of the reply from events before it has counted."""
    counts = {"promptTokenCount": prompt_tokens, "totalTokenCount": prompt_tokens + (output_tokens or 0) + thoughts}
    if output_tokens is not None:
        counts["candidatesTokenCount"] = output_tokens
    return counts | ({"thoughtsTokenCount": thoughts} if thoughts else {})


def part_event(part: dict[str, Any], **envelope: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [part], "role": "model"}, "index": 0}], **envelope}


def grounding_event(number: int, source: tuple[str, int, int], **envelope: Any) -> dict[str, Any]:
    """An event with one further page, and the range of the text (in bytes) that rests on it."""
    url, start, end = source
    metadata = {
        "groundingChunks": [{"web": {"uri": url, "title": f"Page {number}"}}],
        "groundingSupports": [{"segment": {"startIndex": start, "endIndex": end}, "groundingChunkIndices": [number]}],
        "webSearchQueries": ["a query"],
        "searchEntryPoint": {"renderedContent": "<div>Suggestions</div>"},
    }
    return {"candidates": [{"groundingMetadata": metadata, "index": 0}], **envelope}


def text_event(*, text: str, **envelope: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}], **envelope}


def end_event(*, finish: str, **envelope: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"finishReason": finish, "index": 0}
    if finish in {"STOP", "MAX_TOKENS"}:
        candidate["content"] = {"parts": [{"text": ""}], "role": "model"}
    if finish == "SAFETY":
        candidate["safetyRatings"] = [SAFETY_RATING]
    return {"candidates": [candidate], **envelope}


def blocked_event(*, reason: str, **envelope: Any) -> dict[str, Any]:
    return {"promptFeedback": {"blockReason": reason, "safetyRatings": [SAFETY_RATING]}, **envelope}


def whole_reply(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Join a stream's events into the response of `generateContent`."""
    if "candidates" not in events[-1]:
        return events[-1]
    parts = [part for event in events for part in event["candidates"][0].get("content", {}).get("parts", [])]
    texts = [part["text"] for part in parts if "text" in part and not part.get("thought")]
    candidate = events[-1]["candidates"][0]
    if "".join(texts):
        candidate = candidate | {"content": {"parts": [{"text": "".join(texts)}], "role": "model"}}
    return events[-1] | {"candidates": [candidate]}


def error_body(*, status: int, message: str, details: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": status, "message": message, "status": STATUS_NAMES.get(status, "UNKNOWN")}
    if details:
        error["details"] = details
    return {"error": error}


def refusal(*, behaviour: Behaviour, model: str, prompt: str) -> dict[str, Any]:
    """The body of a scripted error. Like Google's own messages it may quote the request, so a leak would show."""
    if behaviour.bad_key:
        return bad_key()
    message = f"Refused as scripted for {model}: {prompt}"
    details = _quota_details(behaviour=behaviour, model=model) if behaviour.error == 429 else None
    return error_body(status=behaviour.error, message=message, details=details)


def bad_key() -> dict[str, Any]:
    reason = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    return error_body(status=400, message="API key not valid. Please pass a valid API key.", details=[reason])


def _quota_details(*, behaviour: Behaviour, model: str) -> list[dict[str, Any]]:
    period = "PerDay" if behaviour.per_day else "PerMinute"
    details: list[dict[str, Any]] = [
        {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [
                {
                    "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
                    "quotaId": f"GenerateRequests{period}PerProjectPerModel-FreeTier",
                    "quotaDimensions": {"location": "global", "model": model},
                    "quotaValue": "20",
                }
            ],
        },
        {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [
                {
                    "description": "Learn more about Gemini API quotas",
                    "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
                }
            ],
        },
    ]
    if behaviour.retry_after is not None:
        details.append(
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{behaviour.retry_after:g}s"}
        )
    return details


def with_json_names(value: Any) -> Any:
    """Write the names of fields as JSON has them. The API takes those of its protos too (`thinking_level`)."""
    if isinstance(value, list):
        return [with_json_names(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        re.sub(r"_(\w)", lambda match: match[1].upper(), name): inner
        if name in ("responseJsonSchema", "responseSchema")
        else with_json_names(inner)
        for name, inner in value.items()
    }


def with_enum_numbers(value: Any) -> Any:
    """Write the enumerations as numbers."""
    if isinstance(value, list):
        return [with_enum_numbers(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: ENUM_NUMBERS[key].get(item, item)
        if key in ENUM_NUMBERS and isinstance(item, str)
        else with_enum_numbers(item)
        for key, item in value.items()
    }
