"""What the page's modules say: `t("key", {name: …})` in JavaScript. Static texts are in the templates."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

APP: Final[dict[str, Promise]] = {
    "app.title": _("Kuvaka"),
    "app.room_title": _("{room} · Kuvaka"),
    "room.new": _("New chat"),
    "undo": _("Undo"),
    "session.lost": _("You were signed out. Sign in again to continue."),
}

ROOMS: Final[dict[str, Promise]] = {
    "room.menu": _("Actions for {room}"),
    "room.gone": _("This chat no longer exists."),
    "room.rename": _("Rename"),
    "room.pin": _("Pin"),
    "room.unpin": _("Unpin"),
    "room.pinned": _("Pinned."),
    "room.unpinned": _("No longer pinned."),
    "room.archive": _("Archive"),
    "room.archived": _("Archived."),
    "room.restore": _("Move back to the list"),
    "room.restore_named": _("Move {room} back to the list"),
    "room.delete": _("Delete"),
    "room.delete_named": _("Delete {room}"),
    "room.deleted": _("Deleted: {room}"),
    "search.searching": _("Searching…"),
    "search.results": _("Results for “{query}”"),
    "search.nothing": _("Nothing found for “{query}”"),
    "account.settings": _("Settings"),
    "account.archived": _("Archived chats"),
    "account.sign_out": _("Sign out"),
}

SIGN_IN: Final[dict[str, Promise]] = {
    "sign_in.enter": _("Sign in"),
    "sign_in.send": _("Send me a code"),
    "sign_in.by_code": _("Use a code instead"),
    "sign_in.by_password": _("Use a password instead"),
    "sign_in.number_missing": _("Enter your mobile number."),
    "sign_in.code_incomplete": _("Enter the six digits."),
    "sign_in.sent": _("We sent a code to {number}."),
    "sign_in.sent_again": _("A new code is on its way."),
    "sign_in.mock": _("This is a test installation, no SMS is sent. The code is {code}."),
    "sign_in.resend": _("Send it again"),
    "sign_in.resend_in": _("Send it again in {time}"),
    "sign_in.reset_title": _("Set a new password"),
    "sign_in.reset": _("Set it and sign in"),
}

PROBLEMS: Final[dict[str, Promise]] = {
    "problem.offline": _("The server cannot be reached. Check your connection and try again."),
    "problem.unknown": _("Something went wrong. Please try again."),
    "problem.service_unavailable": _("The service is not available right now. Please try again in a moment."),
    "problem.too_many_requests": _("Too many requests. Try again in {time}."),
    "problem.invalid_code": _("This code does not work. Check the digits, or ask for a new one."),
    "problem.too_many_tries": _("Too many wrong tries. Try again in {time}."),
    "problem.too_many_codes": _("Too many codes were sent. Try again in {time}."),
    "problem.sms_ceiling_reached": _("No more codes can be sent today. A password still works."),
    "problem.invalid_credentials": _("The number or the password is wrong."),
    "problem.wrong_password": _("The old password is wrong."),
    "problem.recent_sign_in_required": _(
        "Sign out and in again with a code first; then set a password within ten minutes."
    ),
    "problem.number_taken": _("Another account has this number."),
    "problem.staff_account": _("This is an account of staff. It cannot be deleted here."),
    "problem.quota_exceeded": _("Today's messages are used up. There are new ones at {at}."),
    "problem.token_share_reached": _("You have used your share for today."),
    "problem.service_budget_reached": _("The service has reached its limit for today. Reading still works."),
    "problem.already_subscribed": _("You have a subscription already."),
    "problem.checkout_in_progress": _("A checkout is being opened already. Try again in a moment."),
    "problem.not_for_sale": _("Pro is not for sale here at the moment."),
    "problem.no_subscription": _("You never had a subscription, so there is nothing to manage."),
    "problem.payment_provider_away": _("The payment provider does not respond. You were not charged."),
    "problem.payment_provider_refused": _("The payment provider refused. You were not charged."),
    "problem.too_many_rooms": _("You have as many chats as an account can have. Delete one first."),
    "problem.not_found": _("This no longer exists."),
    "problem.model_not_allowed": _("Your plan does not include this model."),
    "field.required": _("This is required."),
    "field.blank": _("This is required."),
    "field.invalid_number": _("This is not a mobile number that codes can be sent to."),
    "field.same_number": _("Your account has this number already."),
    "field.password_too_short": _("Take a longer one: a few words, say."),
    "field.password_too_long": _("This password is too long."),
    "field.password_too_common": _("This password is too easy to guess."),
    "field.password_has_number": _("Leave your phone number out of it."),
    "field.max_length": _("This is too long."),
}

TEXTS: Final[dict[str, Promise]] = APP | ROOMS | SIGN_IN | PROBLEMS
