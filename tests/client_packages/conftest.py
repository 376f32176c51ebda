"""Both packed clients: each test that uses `packed` runs with either."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.client_packages import packing


@pytest.fixture(scope="session")
def clients_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "clients"


@pytest.fixture(scope="session", params=["python", pytest.param("typescript", marks=pytest.mark.needs_node)])
def packed(request: pytest.FixtureRequest, clients_folder: Path) -> Any:
    makers = {"python": packing.packed_python, "typescript": packing.packed_typescript}
    return makers[request.param](clients_folder / request.param)
