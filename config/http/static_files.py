"""Static files in production: their names hold a hash of the content, and each has a compressed copy."""

import re
from collections.abc import Callable
from typing import Any, Final

from whitenoise.storage import CompressedManifestStaticFilesStorage

DEEPEST: Final = 30
"""How many modules may import one another in a row; Django goes through all files as often."""


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Whitenoise's, which also renames what our modules import."""

    support_js_module_import_aggregation = True
    manifest_strict = False
    max_post_process_passes = DEEPEST

    def stored_name(self, name: str) -> str:
        """The hashed name, or the plain one where no files have been collected: a bare page is no error."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name

    def url_converter(self, name: str, *args: Any, **options: Any) -> Callable[[re.Match[str]], str]:
        """Django's, but for comments: JSDoc names modules there for their types."""
        convert = super().url_converter(name, *args, **options)

        def converter(found: re.Match[str]) -> str:
            return found[0] if _is_in_comment(found) else str(convert(found))

        return converter


def _is_in_comment(found: re.Match[str]) -> bool:
    before = found.string[: found.start()]
    return before.rfind("/*") > before.rfind("*/")
