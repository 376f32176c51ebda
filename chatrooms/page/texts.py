"""What the page's modules say: `t("key", {name: …})` in JavaScript. Static texts are in the templates."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: Final[dict[str, Promise]] = {
    "app.title": _("Kuvaka"),
    "app.room_title": _("{room} · Kuvaka"),
    "room.new": _("New chat"),
    "session.lost": _("You were signed out. Sign in again to continue."),
    "sign_in.sent": _("We sent a code to {number}."),
    "dialog.cancel": _("Cancel"),
    "problem.offline": _("You are offline. Try again once you are connected."),
    "problem.busy": _("Too many requests. Try again in {time}."),
    "problem.unknown": _("Something went wrong. Please try again."),
    "problem.unavailable": _("The service is not available right now. Please try again in a moment."),
}
