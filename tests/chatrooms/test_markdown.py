"""A text put into Markdown cannot swallow what follows it."""

import pytest

from chatrooms.markdown import closed


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("plain", ""),
        ("```python\nx = 1", "\n```"),
        ("```python\nx = 1\n```", ""),
        ("````\n```\nx", "\n````"),
        ("~~~\n```\nx", "\n~~~"),
        ("~~~\nx\n~~~~", ""),
        ("```\nx\n``` y", "\n```"),
        ("``` `not a fence", ""),
        ("    ```\nindented code", ""),
        ("<!-- hidden\nand", "\n-->"),
        ("<!-- hidden -->\nand", ""),
        ("<pre>\nx", "\n</pre>"),
        ("<script>alert(1)</script>", ""),
        ("<previous>", ""),
    ],
)
def test_an_open_block_is_closed(text: str, end: str) -> None:
    assert closed(text) == text + end
