"""Replies without a network, for development without a key: deterministic, and able to quote the conversation."""

import re
import time
from collections.abc import Generator, Iterable
from datetime import UTC, datetime, timedelta
from typing import IO

from gemini import interrupts, prompts
from gemini.exceptions import ConnectionCut, ProviderError
from gemini.provider import Config
from gemini.tokens import estimate, estimate_prompt
from gemini.types import Chunk, ModelDescription, Prompt, RemoteFile, Turn, Usage

MODEL = "stand-in"

QUOTE_LENGTH = 200
KEPT_FOR = timedelta(hours=48)

# "my name is Asha", "my favourite colour is dark green"; and the question that asks for it back.
FACT = re.compile(r"\bmy (?P<thing>[\w' -]+?) is (?P<value>[^.,;!?\n]+?)(?= and\b|[.,;!?\n]|$)", re.IGNORECASE)
FACT_QUESTION = re.compile(r"\bwhat(?:['\u2019]s| is| was) my (?P<thing>[\w' -]+)", re.IGNORECASE)
EARLIER_TURN_QUESTION = re.compile(
    r"\bwhat did i (?P<first>first )?(?:just |last )?(?:ask|say|tell|write)"
    r"|\bmy (?P<first_noun>first) (?:question|message)",
    re.IGNORECASE,
)


class StandIn:
    """The provider whose replies say that no model is connected."""

    def __init__(self, config: Config) -> None:
        self._delay = config.stand_in_delay

    def stream(self, prompt: Prompt) -> Generator[Chunk]:
        prompt_tokens = estimate_prompt(prompt)
        sent = ""
        for word in re.findall(r"\S+\s*", _text(prompt)):
            _pause(self._delay)
            usage = Usage(prompt_tokens=prompt_tokens, output_tokens=estimate(sent + word))
            if estimate(sent + word) > prompt.max_output_tokens:
                yield Chunk(finish_reason="MAX_TOKENS", model=MODEL)
                return
            sent += word
            yield Chunk.of_text(word, usage=usage, model=MODEL)
        yield Chunk(finish_reason="STOP", model=MODEL)

    def describe(self, model: str) -> ModelDescription:
        """Accept every model."""
        return ModelDescription()

    def upload(self, content: IO[bytes], *, size: int, mime_type: str) -> RemoteFile:
        """Keep nothing."""
        return RemoteFile(name="files/stand-in", url="stand-in:", expires_at=datetime.now(UTC) + KEPT_FOR)

    def find_file(self, name: str) -> RemoteFile:
        return RemoteFile(name=name, url="stand-in:", expires_at=datetime.now(UTC) + KEPT_FOR)

    def delete_file(self, name: str) -> None:
        """Have nothing to delete."""

    def classify(self, error: Exception) -> ProviderError:
        return ConnectionCut(cause=type(error).__name__)


def _pause(seconds: float) -> None:
    interrupt = interrupts.current()
    interrupt.pause(seconds) if interrupt else time.sleep(seconds)


def _text(prompt: Prompt) -> str:
    if prompt.system_instruction == prompts.TITLE:
        return _title(prompt.turns[0].text)
    if prompt.system_instruction == prompts.SUMMARY:
        return _notes(prompt.turns[0].text)
    _, _, notes = prompt.system_instruction.partition(prompts.NOTES)
    return reply_to(turns=prompt.turns, notes=notes)


def _title(quoted: str) -> str:
    """Return the first words of the first question."""
    question = quoted.partition("User:")[2].partition("\n\nAssistant:")[0]
    return " ".join(question.split()[:6]) or "Conversation"


def _notes(quoted: str) -> str:
    """Return every fact that the user stated as "my … is …"; the stand-in understands nothing else."""
    facts = _facts([*re.findall(r"^User: (.*)$", quoted, re.MULTILINE), *re.findall(r"^- (.*)$", quoted, re.MULTILINE)])
    turns = quoted.count("User: ")
    lines = [f"- My {thing} is {value}." for thing, value in facts.items()]
    return "\n".join([*lines, f"{turns} turns were summarised by the stand-in."])


def reply_to(*, turns: tuple[Turn, ...], notes: str = "") -> str:
    """Return the stand-in's reply to the last of `turns`: always the same for the same conversation.

    `notes` are the summary of the turns that are left out.
    """
    user_texts = [turn.text for turn in turns if turn.role == "user"]
    *earlier, question = user_texts
    return _recall(question=question, earlier=[*notes.splitlines(), *earlier]) or (
        f"You said: “{_quote(question)}” That is turn {len(user_texts)} of our conversation. "
        "I am the stand-in that answers while no Gemini key is set: I can look back in this conversation, "
        "but no model has read it. Set GEMINI_API_KEY to talk to Gemini."
    )


def _recall(*, question: str, earlier: list[str]) -> str:
    """Return the reply to a question about the conversation itself, or an empty string."""
    if match := FACT_QUESTION.search(question):
        facts = _facts(earlier)
        known = [thing for thing in facts if f"{match['thing']} ".lower().startswith(f"{thing} ")]
        if known:
            thing = max(known, key=len)
            return f"Your {thing} is {facts[thing]}: you told me earlier. (The stand-in answers: no Gemini key is set.)"
    if earlier and (match := EARLIER_TURN_QUESTION.search(question)):
        first = match["first"] or match["first_noun"]
        when, which = ("first", earlier[0]) if first else ("before this", earlier[-1])
        return f"What you said {when} was: “{_quote(which)}” (The stand-in answers: no Gemini key is set.)"
    return ""


def _facts(texts: Iterable[str]) -> dict[str, str]:
    """Return the facts by their name; a later value of the same fact wins."""
    return {fact["thing"].strip().lower(): fact["value"].strip() for text in texts for fact in FACT.finditer(text)}


def _quote(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= QUOTE_LENGTH else flat[: QUOTE_LENGTH - 1] + "…"
