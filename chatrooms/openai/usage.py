"""The tokens of a reply, as OpenAI names them. They are the reply's own, which the ledger has, too."""

from typing import Any

from chatrooms.models import Reply


def of_completion(reply: Reply) -> dict[str, Any]:
    prompt, output = reply.prompt_tokens or 0, reply.output_tokens or 0
    prompt += reply.tool_tokens or 0
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens or 0},
        "completion_tokens_details": {"reasoning_tokens": reply.thought_tokens or 0},
    }


def of_response(reply: Reply) -> dict[str, Any]:
    counts = of_completion(reply)
    return {
        "input_tokens": counts["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": reply.cached_tokens or 0, "cache_write_tokens": 0},
        "output_tokens": counts["completion_tokens"],
        "output_tokens_details": counts["completion_tokens_details"],
        "total_tokens": counts["total_tokens"],
    }
