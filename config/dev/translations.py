"""The translations of the chat page: collect its texts into locale/, and compile them. `make translations` does both.

gettext's programs are not needed: polib reads and writes its files.
"""

import re
import sys
from pathlib import Path
from typing import Final

import polib

ROOT: Final = Path(__file__).resolve().parent.parent.parent
TEMPLATES: Final = ROOT / "templates" / "chat"
TEXTS: Final = ROOT / "chatrooms" / "page"
LANGUAGES: Final = ("ar", "hi")
IN_TEMPLATES: Final = re.compile(r"""\{% translate (?:'([^']*)'|"([^"]*)")""")
IN_MODULES: Final = re.compile(r"""_\(\s*"((?:[^"\\]|\\.)*)",?\s*\)""")


def texts() -> dict[str, list[str]]:
    """Every text of the page, with the files that have it."""
    found: dict[str, list[str]] = {}
    for folder, pattern, kind in ((TEMPLATES, IN_TEMPLATES, "*.html"), (TEXTS, IN_MODULES, "*.py")):
        for file in sorted(folder.glob(kind)):
            for match in pattern.finditer(file.read_text()):
                text = next(group for group in match.groups() if group is not None)
                found.setdefault(text.replace('\\"', '"'), []).append(file.relative_to(ROOT).as_posix())
    return found


def catalogue(language: str) -> polib.POFile:
    """What is translated into a language now."""
    file = po_file(language)
    if file.exists():
        return polib.pofile(str(file))
    made = polib.POFile(wrapwidth=110)
    made.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Language": language}
    return made


def po_file(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def update(language: str) -> list[str]:
    """Write the files of a language; the texts that still have no translation."""
    known = {entry.msgid: entry.msgstr for entry in catalogue(language)}
    made = polib.POFile(wrapwidth=110)
    made.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Language": language}
    for text, files in sorted(texts().items()):
        where = [(file, "") for file in sorted(set(files))]
        made.append(polib.POEntry(msgid=text, msgstr=known.get(text, ""), occurrences=where))
    file = po_file(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    made.save(str(file))
    file.with_suffix(".mo").write_bytes(made.to_binary())
    return [entry.msgid for entry in made.untranslated_entries()]


def main() -> int:
    """Update all languages, and name what has to be translated yet."""
    missing = {language: update(language) for language in LANGUAGES}
    for language, untranslated in missing.items():
        for text in untranslated:
            print(f"{language}: {text}", file=sys.stderr)
    return 1 if any(missing.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
