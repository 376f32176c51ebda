"""The translations: complete, compiled, with the same parameters."""

import re

import polib
import pytest

from chatrooms.page import conversation_texts, texts
from config.dev import translations

PARAMETER = re.compile(r"\{\w+\}")
T_CALL = re.compile(r"""\bt\(\s*"([\w.]+)"|\? "([a-z]+\.[\w.]+)"|: "([a-z]+\.[\w.]+)\"""")
MODULES = translations.ROOT / "chatrooms" / "static" / "chat"


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    known = {entry.msgid: entry.msgstr for entry in translations.catalogue(language)}
    assert translations.texts().keys() == known.keys(), "run make translations"
    assert [text for text, translated in known.items() if not translated] == []


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_translations_keep_the_parameters(language: str) -> None:
    for entry in translations.catalogue(language):
        assert sorted(PARAMETER.findall(entry.msgid)) == sorted(PARAMETER.findall(entry.msgstr)), entry.msgid


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_the_compiled_files_are_up_to_date(language: str) -> None:
    compiled = polib.mofile(str(translations.po_file(language).with_suffix(".mo")))
    source = translations.catalogue(language)
    assert {each.msgid: each.msgstr for each in compiled} == {each.msgid: each.msgstr for each in source}


def test_no_key_has_two_texts() -> None:
    assert texts.TEXTS.keys() & conversation_texts.TEXTS.keys() == set()


def test_every_key_that_the_modules_use_exists() -> None:
    known = texts.TEXTS.keys() | conversation_texts.TEXTS.keys()
    used = {
        key
        for module in MODULES.glob("*.js")
        for match in T_CALL.finditer(module.read_text())
        for key in match.groups()
        if key and "." in key
    }
    assert len(used) > 100
    assert sorted(used - known) == []
