"""Deliberate breaks of important code, and the tests that must notice each: `make mutants` runs them.

There is one table per part of the code. A break replaces a text, which is in its file exactly once, by another one.
"""

from typing import NamedTuple


class Break(NamedTuple):
    """One break: what it lets happen, in which file, and which tests of `tests/` must fail."""

    lets: str
    file: str
    text: str
    broken: str
    tests: str
    """Files, or single tests (`file.py::test`), separated by spaces."""
