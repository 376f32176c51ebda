"""Which tests run when, and by which worker of a parallel run (pytest-xdist)."""

import gc
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import servers


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without garbage collection, which takes a fifth of the time and frees nothing."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result


@pytest.hookimpl(trylast=True)  # after pytest-django has put them in its order
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take longest, those of one kind of stack after each other."""

    def order(item: pytest.Item) -> int:
        names = getattr(item, "fixturenames", ())
        return 0 if "breakable_stack" in names else 1 if "shared_stack" in names else 2

    items.sort(key=order)


class Scheduling(LoadScopeScheduling):
    """Gives each file to one worker of a parallel run, and all files of one kind of stack to the same worker.

    So each kind is started once; in `make faults` once for a folder, since there it is most of the run. (Groups of
    pytest-xdist 3.8 do nothing with pytest 9.2, which keeps ids elsewhere.)
    """

    def _split_scope(self, nodeid: str) -> str:
        name = nodeid.partition("::")[0]
        text = _text_of(name)
        if "mark.stack" not in text:
            return name
        if "breakable" not in text:
            return "stack"
        return f"breakable in {Path(name).parent.name}" if self.config.option.markexpr == "faults" else "breakable"


@cache
def _text_of(name: str) -> str:
    return (servers.ROOT / name).read_text()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Use this scheduling in parallel runs."""
    return Scheduling(config, log)
