"""What the modules of the conversation say: `t("key", {name: …})` in JavaScript."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: Final[dict[str, Promise]] = {
    "conversation.greeting": _("What would you like to know?"),
}
