"""What a client says of a conversation that it keeps itself, as a prompt needs it."""

from collections.abc import Sequence
from typing import Any

from billing.models import Tier
from chatrooms.openai.errors import ContextTooLong, InvalidParameter
from chatrooms.openai.inline_files import InlineFile
from chatrooms.openai.wanted import check_text
from config.text import shows_nothing
from gemini.tokens import TURN_OVERHEAD, estimate

Attached = InlineFile | int
"""A file within the request, or the id of one that was uploaded before."""


class Said:
    """Turns that alternate, and at their end the question.

    Attributes:
        instruction: for the model.
        turns: as `chatrooms.replies.asked.Asked` has them.
        question: the last message.
        attached: the files of all turns, in their order; a turn names its own by their numbers.
    """

    def __init__(self) -> None:
        self.instruction = ""
        self.turns: list[dict[str, Any]] = []
        self.question = ""
        self.attached: list[Attached] = []

    def instruct(self, text: str, *, param: str) -> None:
        """Add to the instruction; wherever the client says it, the model gets it first."""
        if text:
            check_text(text, param=param)
            self.instruction = f"{self.instruction}\n\n{text}" if self.instruction else text

    def add(self, role: str, text: str, files: Sequence[Attached] = (), *, param: str) -> None:
        """Add a turn; two of the same role in a row become one, since the model takes them in turns only.

        Raises:
            InvalidParameter: it has no text, or one that cannot be stored.
        """
        if shows_nothing(text):
            raise InvalidParameter("A message needs a text, beside files, too.", param=param)
        check_text(text, param=param)
        numbers = list(range(len(self.attached), len(self.attached) + len(files)))
        self.attached += files
        if self.turns and self.turns[-1]["role"] == role:
            self.turns[-1]["text"] += f"\n\n{text}"
        else:
            self.turns.append({"role": role, "text": text})
        if numbers:
            self.turns[-1].setdefault("files", []).extend(numbers)

    def complete(self, *, param: str) -> None:
        """Take the last turn for the question.

        Raises:
            InvalidParameter: it is not the user's, or the first one is not.
        """
        if not self.turns or self.turns[-1]["role"] != "user":
            raise InvalidParameter("The last message has to be the user's.", param=param)
        if self.turns[0]["role"] != "user":
            raise InvalidParameter("The first message after the instructions has to be the user's.", param=param)
        self.question = str(self.turns.pop()["text"])

    def check_length(self, tier: Tier, *, param: str) -> None:
        """Refuse what does not fit into the tier's context: nothing that the client says is left out.

        Raises:
            ContextTooLong: it does not.
        """
        texts = (self.instruction, self.question, *(turn["text"] for turn in self.turns))
        tokens = sum(estimate(text) + TURN_OVERHEAD for text in texts)
        if tokens > tier.context_tokens:
            raise too_long(tokens, tier, param=param)


def too_long(tokens: int, tier: Tier, *, param: str) -> ContextTooLong:
    """The error for what has so many tokens."""
    return ContextTooLong(f"About {tokens} tokens; your tier has {tier.context_tokens}.", param=param)
