"""Static files in production: their names hold a hash of the content, and each has a compressed copy."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Whitenoise's, which also renames what our modules import; vendored pages keep their own ways."""

    support_js_module_import_aggregation = True
    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """The hashed name, or the plain one where no files have been collected: a bare page is no error."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
