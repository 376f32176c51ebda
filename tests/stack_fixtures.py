"""The stacks of real processes that tests share, and their logs where one fails."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import servers


@pytest.fixture(scope="session")
def breakable_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One whole stack for all tests that break something in it (use it through `breakable`)."""
    with _stack(tmp_path_factory, {"WEB_PROCESSES": "1"}) as stack:
        yield stack


@pytest.fixture
def breakable(breakable_stack: Any, request: pytest.FixtureRequest) -> Any:
    """A whole stack in which a test may kill, freeze, fill and set anything; it is restored before each test."""
    marker = request.node.get_closest_marker("stack_settings")
    breakable_stack.restore(marker.kwargs if marker else None)
    return breakable_stack


@pytest.fixture(scope="session")
def shared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One whole stack for all tests that break nothing in it (use it through `stack`)."""
    with _stack(tmp_path_factory, {}) as stack:
        stack.retries_when_busy = True
        yield stack


@pytest.fixture
def stack(shared_stack: Any) -> Any:
    """The shared stack with a fresh double."""
    shared_stack.double.reset()
    shared_stack.stripe.reset()
    return shared_stack


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End a stack as soon as no further test of its kind follows: idle, it takes a sixth of a core from the others."""
    for name in {"shared_stack", "breakable_stack"} & set(getattr(item, "fixturenames", ())):
        if nextitem is None or name not in getattr(nextitem, "fixturenames", ()):
            [definition] = item._fixtureinfo.name2fixturedefs[name]
            definition.finish(item._request)  # a later test would make another one


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the logs of a failed test's stack, and say where they are."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("breakable") or getattr(item, "funcargs", {}).get("shared_stack")
    if report.failed and stack is not None:
        report.sections.append(("The stack's logs", str(stack.keep_logs(item.name))))
    return report


def _stack(folders: pytest.TempPathFactory, settings: dict[str, str]) -> Any:
    from tests import stack
    from tests.conftest import _urls

    folder: Path = folders.mktemp("stack")
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), folder.name)
    return stack.running(database_url=database_url, folder=folder, settings=settings)
