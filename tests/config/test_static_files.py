"""The names of static files in production."""

import re
from pathlib import Path
from typing import Final

import pytest
from django.core.files.storage import FileSystemStorage

from config.http.static_files import HashedStorage

CHAT: Final = Path(__file__).resolve().parent.parent.parent / "chatrooms" / "static"
COMMENTS: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
IMPORTS: Final = re.compile(r"""(?:from|import\()\s*["'](\./[^"']+)["']""")


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """The files of the chat page as `collectstatic` leaves them."""
    storage = HashedStorage(location=tmp_path)
    source = FileSystemStorage(location=CHAT)
    names = [file.relative_to(CHAT).as_posix() for file in (CHAT / "chat").rglob("*") if file.is_file()]
    for name in names:
        with source.open(name) as content:
            storage.save(name, content)
    outcomes = list(storage.post_process({name: (source, name) for name in names}))
    assert [outcome for outcome in outcomes if isinstance(outcome[2], Exception)] == []
    return tmp_path / "chat"


def test_modules_import_each_other_by_hashed_names(collected: Path) -> None:
    modules = list(collected.glob("main.????????????.js"))
    seen: set[Path] = set()
    while modules:
        module = modules.pop()
        seen.add(module)
        for name in IMPORTS.findall(COMMENTS.sub("", module.read_text())):
            imported = (module.parent / name).resolve()
            assert imported.exists(), f"{module.name} imports {name}"
            assert re.search(r"\.[0-9a-f]{12}\.js$", name), f"{module.name} imports {name}"
            if imported not in seen:
                modules.append(imported)
    assert len(seen) > 20


def test_hashed_files_have_a_compressed_copy(collected: Path) -> None:
    [sheet] = collected.glob("base.????????????.css")
    assert sheet.with_name(f"{sheet.name}.gz").exists()


def test_a_name_without_collected_files_stays_plain(tmp_path: Path) -> None:
    assert HashedStorage(location=tmp_path).stored_name("chat/main.js") == "chat/main.js"
