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
