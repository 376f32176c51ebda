"""What the cookies of the chat page say: the language, the theme, the first view."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_from_request

THEME_COOKIE: Final = "kuvaka_theme"
SIGNED_IN_COOKIE: Final = "kuvaka_signed_in"
"""Says which view the browser will show first, and nothing more: the page sets it, and anybody could."""

THEMES: Final = ("system", "light", "dark")


@dataclass(frozen=True, slots=True)
class Language:
    """A language by its tag (BCP 47) and its own name."""

    code: str
    name: str
    direction: str


LANGUAGES: Final = (
    Language("en", "English", "ltr"),
    Language("hi", "हिन्दी", "ltr"),
    Language("ar", "العربية", "rtl"),
)
_BY_CODE: Final = {language.code: language for language in LANGUAGES}


def language_of(request: HttpRequest) -> Language:
    """The language of the page's cookie, else the one that the browser likes best."""
    code = get_language_from_request(request)
    return _BY_CODE.get(code) or _BY_CODE[settings.LANGUAGE_CODE]


def theme_of(request: HttpRequest) -> str:
    """The theme of the page's cookie; it is in the markup, so that no page flashes in the other one."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else THEMES[0]
