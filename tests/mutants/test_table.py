"""The breaks stay valid: each finds its text, and its tests exist."""

import ast

import pytest

from tests.mutants import Break
from tests.mutants.table import PARTS
from tests.servers import ROOT

ALL = [(part, each) for part, table in PARTS.items() for each in table]


@pytest.mark.parametrize(("part", "each"), ALL, ids=[f"{part}: {each.lets}" for part, each in ALL])
def test_a_break_finds_its_text_once_and_its_tests(part: str, each: Break) -> None:
    whole = (ROOT / each.file).read_text()
    assert whole.count(each.text) == 1
    assert each.broken != each.text
    ast.parse(whole.replace(each.text, each.broken))
    for name in each.tests.split():
        path, _, test = name.partition("::")
        assert not test or f"def {test}(" in (ROOT / "tests" / path).read_text(), name


def test_each_part_has_at_least_ten_and_none_twice() -> None:
    assert {part: len(table) for part, table in PARTS.items() if len(table) < 10} == {}
    assert len({(each.file, each.text, each.broken) for _, each in ALL}) == len(ALL)
    assert len({each.lets for _, each in ALL}) == len(ALL)
