"""A key that some code logs by mistake is masked."""

import io
from uuid import uuid4

import structlog

from accounts.api_keys import key_text


def test_a_key_is_masked_wherever_it_stands_in_a_line(logged: io.StringIO) -> None:
    text = key_text.new(uuid4())
    structlog.get_logger("test").warning("mistake", header=f"Bearer {text}", ids={"key": str(text)}, rest="kvk_ stays")
    line = logged.getvalue()
    assert text.secret not in line
    assert line.count("kvk_*****") == 2
    assert "kvk_ stays" in line
