"""`/`: the chat page for browsers, and the addresses of the API as JSON for everyone else."""

from typing import Any, Final

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.cache import patch_vary_headers
from django.utils.translation import override
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from chatrooms.page import conversation_texts, texts
from chatrooms.page.assets import CHAT, MESSAGES, SHEETS, SIGN_IN
from chatrooms.page.preferences import LANGUAGES, SIGNED_IN_COOKIE, THEME_COOKIE, language_of, theme_of
from config.http.docs import index

POLICY: Final = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "blob:"],
    "connect-src": [SELF, settings.STREAM_ORIGIN],
    "manifest-src": [SELF],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["dompurify"],
}
"""Nothing is inline, nothing comes from elsewhere, and only the sanitiser may turn a text into markup."""


@require_safe
def page_or_index(request: HttpRequest) -> HttpResponseBase:
    """The chat page, unless the client does not name HTML among what it accepts."""
    response = _page(request) if "text/html" in request.headers.get("Accept", "") else index(request)
    patch_vary_headers(response, ["Accept"])
    return response


@csp_replace(POLICY)
@gzip_page
def _page(request: HttpRequest) -> HttpResponse:
    """The same for everyone who reads the same language: nothing in it is the user's, so it may be compressed."""
    language = language_of(request)
    modules = CHAT if SIGNED_IN_COOKIE in request.COOKIES else SIGN_IN
    with override(language.code):
        context = {
            "language": language,
            "theme": theme_of(request),
            "languages": LANGUAGES,
            "sheets": [f"chat/{name}.css" for name in SHEETS],
            "preloaded": [f"chat/{name}.js" for name in modules],
            "texts": {key: str(text) for key, text in (texts.TEXTS | conversation_texts.TEXTS).items()},
            "config": _config(language.code),
        }
        response = render(request, "chat/page.html", context)
    response["Content-Language"] = language.code
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response


def _config(language: str) -> dict[str, Any]:
    """What the modules cannot know otherwise; `tests/page/javascript/types.d.ts` names each field."""
    return {
        "language": language,
        "languages": [each.code for each in LANGUAGES],
        "languageCookie": settings.LANGUAGE_COOKIE_NAME,
        "themeCookie": THEME_COOKIE,
        "signedInCookie": SIGNED_IN_COOKIE,
        "later": [static(f"chat/{name}.js") for name in MESSAGES],
        "region": settings.PHONE_DEFAULT_REGION,
        "countries": sorted(settings.SMS_COUNTRIES),
        "icons": static("chat/icons.svg"),
        "pretend": settings.SMS_DELIVERY == "response",
    }
