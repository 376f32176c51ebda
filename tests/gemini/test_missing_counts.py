"""A count that the vendor leaves out is not 0: the last one that it gave holds, or an estimate."""

from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import reply_to


def test_the_last_count_holds_when_the_last_event_has_none(sdk: str, double: GeminiDouble) -> None:
    double.script({"text": "x" * 400, "chunks": 4, "uncounted_end": True, "thoughts": 0})
    _, stream = reply_to("Hello")
    assert (stream.spent.output_tokens, stream.spent.estimated) == (100, False)


def test_without_any_count_the_output_is_estimated(sdk: str, double: GeminiDouble) -> None:
    double.script({"text": "x" * 400, "chunks": 4, "counts_last": True, "uncounted_end": True})
    _, stream = reply_to("Hello")
    assert stream.spent.output_tokens
    assert 50 <= stream.spent.output_tokens - 120 <= 400, "the thinking was counted, the text was not"
    assert stream.spent.estimated


def test_thinking_alone_does_not_replace_the_count(sdk: str, double: GeminiDouble) -> None:
    double.script({"text": "x" * 400, "chunks": 4, "uncounted_end": True, "thoughts": 7})
    _, stream = reply_to("Hello")
    assert (stream.spent.output_tokens, stream.spent.estimated) == (107, False)
