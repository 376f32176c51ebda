"""Deliberate breaks of what matters, and the tests that are meant to notice each: `make mutants` tries them.

A table a part of the code. A break takes a text, which stands in its file once, for another one.
"""

from typing import NamedTuple


class Break(NamedTuple):
    """One break: what it lets happen, where, and which tests of `tests/` go red."""

    lets: str
    file: str
    text: str
    broken: str
    tests: str
    """Files, or single tests (`file.py::test`), with blanks between them."""
