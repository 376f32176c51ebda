"""What a word is: one rule for the text that is searched, for the query and for the highlights.

PostgreSQL's own rule depends on the locale of the database (in `C` every curly quote is a letter). So the function
`kuvaka_words` of migration 0008 splits texts before PostgreSQL parses them: in NFKC, with a space for every separator.
Separators are punctuation, symbols, emoji and the like (Unicode 14, as of Python 3.11). So are the characters of
scripts without spaces between words: those are searched for as substrings, and must not hide a word beside them.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

SEPARATORS: Final = (
    r"\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf"
    r"\u00d7\u00f7\u02c2-\u02c5\u02d2-\u02df\u02e5-\u02eb\u02ed\u02ef-\u02ff\u0375\u037e\u0384-\u0385"
    r"\u0387\u03f6\u0482\u055a-\u055f\u0589-\u058f\u05be\u05c0\u05c3\u05c6\u05f3-\u060f\u061b-\u061f"
    r"\u066a-\u066d\u06d4\u06dd-\u06de\u06e9\u06fd-\u06fe\u0700-\u070f\u07f6-\u07f9\u07fe-\u07ff"
    r"\u0830-\u083e\u085e\u0888\u0890-\u0891\u08e2\u0964-\u0965\u0970\u09f2-\u09f3\u09fa-\u09fb\u09fd"
    r"\u0a76\u0af0-\u0af1\u0b70\u0bf3-\u0bfa\u0c77\u0c7f\u0c84\u0d4f\u0d79\u0df4-\u109f\u10fb"
    r"\u1100-\u11ff\u1360-\u1368\u1390-\u1399\u1400\u166d-\u166e\u1680\u169b-\u169c\u16eb-\u16ed"
    r"\u1735-\u1736\u1780-\u180a\u180e\u1940-\u1945\u19de-\u19ff\u1a1e-\u1a1f\u1aa0-\u1aa6"
    r"\u1aa8-\u1aad\u1b5a-\u1b6a\u1b74-\u1b7e\u1bfc-\u1bff\u1c3b-\u1c3f\u1c7e-\u1c7f\u1cc0-\u1cc7"
    r"\u1cd3\u1fbd\u1fbf-\u1fc1\u1fcd-\u1fcf\u1fdd-\u1fdf\u1fed-\u1fef\u1ffd-\u206f\u207a-\u207e"
    r"\u208a-\u208e\u20a0-\u2101\u2103-\u2106\u2108-\u2109\u2114\u2116-\u2118\u211e-\u2123\u2125\u2127"
    r"\u2129\u212e\u213a-\u213b\u2140-\u2144\u214a-\u214d\u214f\u218a-\u244a\u249c-\u24e9\u2500-\u2775"
    r"\u2794-\u2bff\u2ce5-\u2cea\u2cf9-\u2cfc\u2cfe-\u2cff\u2d70\u2e00-\u2e2e\u2e30-\u9fff"
    r"\ua490-\ua4c6\ua4fe-\ua4ff\ua60d-\ua60f\ua673\ua67e\ua6f2-\ua716\ua720-\ua721\ua789-\ua78a"
    r"\ua828-\ua82b\ua836-\ua839\ua874-\ua877\ua8ce-\ua8cf\ua8f8-\ua8fa\ua8fc\ua92e-\ua92f\ua95f"
    r"\ua9c1-\ua9cd\ua9de-\ua9df\uaa5c-\uaa5f\uaa77-\uaa79\uaade-\uaadf\uaaf0-\uaaf1\uab5b"
    r"\uab6a-\uab6b\uabeb\uac00-\ufaff\ufb29\ufbb2-\ufbc2\ufd3e-\ufd4f\ufdcf\ufdfc-\ufe19\ufe30-\ufe6b"
    r"\ufeff-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff9f\uffe0-\ufffd\U00010100-\U00010102"
    r"\U00010137-\U0001013f\U00010179-\U00010189\U0001018c-\U000101fc\U0001039f\U000103d0\U0001056f"
    r"\U00010857\U00010877-\U00010878\U0001091f\U0001093f\U00010a50-\U00010a58\U00010a7f\U00010ac8"
    r"\U00010af0-\U00010af6\U00010b39-\U00010b3f\U00010b99-\U00010b9c\U00010ead\U00010f55-\U00010f59"
    r"\U00010f86-\U00010f89\U00011047-\U0001104d\U000110bb-\U000110c1\U000110cd\U00011140-\U00011143"
    r"\U00011174-\U00011175\U000111c5-\U000111c8\U000111cd\U000111db\U000111dd-\U000111df"
    r"\U00011238-\U0001123d\U000112a9\U0001144b-\U0001144f\U0001145a-\U0001145d\U000114c6"
    r"\U000115c1-\U000115d7\U00011641-\U00011643\U00011660-\U0001166c\U000116b9\U0001173c-\U0001173f"
    r"\U0001183b\U00011944-\U00011946\U000119e2\U00011a3f-\U00011a46\U00011a9a-\U00011a9c"
    r"\U00011a9e-\U00011aa2\U00011c41-\U00011c45\U00011c70-\U00011c71\U00011ef7-\U00011ef8"
    r"\U00011fd5-\U00011fff\U00012470-\U00012474\U00012ff1-\U00012ff2\U00013430-\U00013438"
    r"\U00016a6e-\U00016a6f\U00016af5\U00016b37-\U00016b3f\U00016b44-\U00016b45\U00016e97-\U00016e9a"
    r"\U00016fe2\U0001bc9c\U0001bc9f-\U0001bca3\U0001cf50-\U0001d164\U0001d16a-\U0001d16c"
    r"\U0001d173-\U0001d17a\U0001d183-\U0001d184\U0001d18c-\U0001d1a9\U0001d1ae-\U0001d241\U0001d245"
    r"\U0001d300-\U0001d356\U0001d6c1\U0001d6db\U0001d6fb\U0001d715\U0001d735\U0001d74f\U0001d76f"
    r"\U0001d789\U0001d7a9\U0001d7c3\U0001d800-\U0001d9ff\U0001da37-\U0001da3a\U0001da6d-\U0001da74"
    r"\U0001da76-\U0001da83\U0001da85-\U0001da8b\U0001e14f\U0001e2ff\U0001e95e-\U0001e95f\U0001ecac"
    r"\U0001ecb0\U0001ed2e\U0001eef0-\U0001f0f5\U0001f10d-\U0001fbca\U00020000-\U0010fffd"
)
"""Ranges of code points, as both Python and PostgreSQL read them within the brackets of a regular expression. They
include unassigned code points."""

_SEPARATED: Final = re.compile(f"[{SEPARATORS}]+")
_WORD: Final = re.compile(f"[^{SEPARATORS}]+")
_TERM: Final = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query as PostgreSQL reads it (a `tsquery`), and the words to highlight."""

    text: str
    words: frozenset[str]


def parse(query: str) -> Query | None:
    """Parse a query as a search engine does: words, "phrases", `or`, `-without`; None if there is no word in it."""
    alternatives: list[list[str]] = [[]]
    highlighted: set[str] = set()
    for is_without, phrase, single in _TERM.findall(unicodedata.normalize("NFKC", query)):
        if single.lower() == "or" and not is_without:
            alternatives.append([])
            continue
        words = words_of(phrase or single)
        if words:
            term = " <-> ".join(map(_in_any_case, words))
            alternatives[-1].append(f"!({term})" if is_without else f"({term})")
            highlighted |= set() if is_without else {word.casefold() for word in words}
    text = " | ".join(f"({' & '.join(terms)})" for terms in alternatives if terms)
    return Query(text=text, words=frozenset(highlighted)) if text else None


def words_of(text: str) -> list[str]:
    return [word for word in _SEPARATED.split(unicodedata.normalize("NFKC", text)) if word]


def spans_of(words: frozenset[str], text: str) -> list[tuple[int, int]]:
    """Return the spans of these words in a text: from, to; in characters."""
    found = _WORD.finditer(text)
    return [match.span() for match in found if any(word.casefold() in words for word in words_of(match[0]))]


def _in_any_case(word: str) -> str:
    """Return a word of a `tsquery`. In the locale `C` PostgreSQL folds the case of ASCII only."""
    forms = {word} if word.isascii() else {word, word.lower(), word.upper(), word.title()}
    return "({})".format(" | ".join(f"'{form}'" for form in sorted(forms)))
