"""A reply as a response of OpenAI's: the object `response`, and its output."""

from typing import Any, Final

from chatrooms.models import READABLE, Reply, Status
from chatrooms.openai import errors, usage
from gemini.types import FinishReason

Json = dict[str, Any]

PREFIX: Final = "resp_"
CONVERSATION: Final = "conv_"
STATUSES: Final = {
    Status.QUEUED: "queued",
    Status.GENERATING: "in_progress",
    Status.DONE: "completed",
    Status.STOPPED: "cancelled",
    Status.FAILED: "failed",
}
CODES: Final = {"blocked": "invalid_prompt", "rate_limited": "rate_limit_exceeded"}
"""The codes of a failed response are a fixed list of OpenAI's; the message has ours."""


def response_id(reply_id: int) -> str:
    return f"{PREFIX}{reply_id}"


def number_in(text: str, prefix: str) -> int | None:
    """The id of a row in one of OpenAI's; None if it is not one of ours."""
    digits = text.removeprefix(prefix)
    is_ours = text.startswith(prefix) and digits.isascii() and digits.isdecimal() and len(digits) < 19
    return int(digits) if is_ours else None


def status_of(reply: Reply) -> str:
    if reply.status == Status.DONE and reply.finish_reason == FinishReason.MAX_TOKENS:
        return "incomplete"
    return STATUSES[Status(reply.status)]


def message(reply: Reply, *, text: str, status: str) -> Json:
    """The one item of the output."""
    content = [text_part(text, annotations_of(reply))] if text else []
    return {"id": f"msg_{reply.pk}", "type": "message", "role": "assistant", "status": status, "content": content}


def text_part(text: str, annotations: list[Json]) -> Json:
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def annotations_of(reply: Reply) -> list[Json]:
    """The pages on which ranges of the text rest."""
    return [
        {"type": "url_citation", "url": part["url"], "title": part["title"], "start_index": start, "end_index": end}
        for part in reply.parts or []
        if part["type"] == "source"
        for start, end in part["spans"]
    ]


def response_object(reply: Reply, *, model: str) -> Json:
    """A response as it is now; while it is written, it has no output here."""
    status = status_of(reply)
    asked = reply.asked or {}
    repeated = asked.get("repeated", {})
    output = []
    if reply.status in READABLE and reply.content:
        output = [message(reply, text=reply.content, status="completed" if status == "completed" else "incomplete")]
    conversation = repeated.get("conversation")
    return {
        "id": response_id(reply.pk),
        "object": "response",
        "created_at": int(reply.created_at.timestamp()),
        "completed_at": int(reply.finished_at.timestamp()) if status == "completed" and reply.finished_at else None,
        "status": status,
        "background": repeated.get("background", False),
        "error": _error_of(reply),
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": repeated.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "model": model,
        "output": output,
        "parallel_tool_calls": False,
        "previous_response_id": repeated.get("previous_response_id"),
        "conversation": {"id": conversation} if conversation else None,
        "metadata": repeated.get("metadata", {}),
        "temperature": asked.get("temperature"),
        "text": repeated.get("text", {"format": {"type": "text"}}),
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "truncation": "disabled",
        "usage": usage.of_response(reply) if reply.is_known and reply.status != Status.FAILED else None,
    }


def without_content(response: Json) -> Json:
    """A response without what the user, the client and the model said in it."""
    return {**response, "output": [], "instructions": None, "metadata": {}, "text": {"format": {"type": "text"}}}


def _error_of(reply: Reply) -> Json | None:
    if reply.status != Status.FAILED:
        return None
    return {"code": CODES.get(reply.error, "server_error"), "message": errors.failure_of(reply)[1]["message"]}
