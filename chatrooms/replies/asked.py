"""What a request asked of the model for one reply, in place of what its room says.

Clients of other APIs send it with each message: `Reply.asked` keeps it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from chatrooms.models import Chatroom, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """None, or an empty string, leaves it to the room.

    Attributes:
        max_output_tokens: below the tier's, which bounds it.
        turns: what was said before, oldest first, as the client tells it; each has `role` (user or model), `text`, and
            `files`, by their ids. Those of the message are the turn's then, and not the message's own.
        repeated: what responses say of the request again. The model does not get it.
    """

    model: str = ""
    instruction: str | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None
    thinking: str = ""
    response_schema: Mapping[str, Any] | None = None
    turns: list[dict[str, Any]] = field(default_factory=list)
    repeated: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, reply: Reply) -> Self:
        """What was asked for a reply, completed by what its room says."""
        room: Chatroom = reply.room
        asked = cls(**(reply.asked or {}))
        return cls(
            model=asked.model or room.model,
            instruction=room.system_instruction if asked.instruction is None else asked.instruction,
            temperature=room.temperature if asked.temperature is None else asked.temperature,
            max_output_tokens=asked.max_output_tokens,
            thinking=asked.thinking or room.thinking,
            response_schema=room.response_schema if asked.response_schema is None else asked.response_schema,
            turns=asked.turns,
        )

    def after(self, turns: list[dict[str, Any]]) -> Self:
        """The same, after these turns."""
        return replace(self, turns=[*turns, *self.turns])

    def as_json(self) -> dict[str, Any]:
        """Without what was left open."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "", [], {})}
