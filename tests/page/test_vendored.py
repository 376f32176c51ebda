"""The page's libraries: what lies there is what `make vendor` wrote, each with its licence."""

import hashlib
import json

import pytest

from config.dev.vendor_page import FOLDER, LIBRARIES, VERSIONS, Library


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.file)
def test_a_library_is_as_vendored(library: Library) -> None:
    file = library.file
    facts = json.loads(VERSIONS.read_text())[file]
    module = FOLDER / file
    assert hashlib.sha256(module.read_bytes()).hexdigest() == facts["sha256"]
    assert facts["version"] in module.read_text().partition("\n")[0]
    assert (FOLDER / "licences" / file.replace(".js", ".txt")).stat().st_size > 500


def test_nothing_else_is_vendored() -> None:
    assert {path.name for path in FOLDER.glob("*.js")} == {library.file for library in LIBRARIES}
