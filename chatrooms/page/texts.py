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
    "room.saved": _("Saved."),
    "room.model_usual": _("The usual one ({model})"),
    "room.model_pro": _("{model} (with Pro)"),
    "room.models_pro": _("Pro has further models."),
    "search.searching": _("Searching…"),
    "search.results": _("Results for “{query}”"),
    "search.nothing": _("Nothing found for “{query}”"),
    "account.settings": _("Settings"),
    "account.archived": _("Archived chats"),
    "account.sign_out": _("Sign out"),
}

PLAN: Final[dict[str, Promise]] = {
    "usage.left": _("{left} of {limit} messages left"),
    "usage.resets": _("All of them again at {at}"),
    "usage.used_up": _("Today's messages are used up. There are new ones at {at} ({when})."),
    "plan.upgrade": _("Upgrade to Pro"),
    "plan.fix_payment": _("Check the payment"),
    "plan.past_due": _("The last payment did not go through. Change the card to keep Pro."),
    "plan.unlimited": _("no limit"),
    "plan.files": _("{count}, up to {size} each"),
    "plan.per_month": _("{amount} a month"),
    "plan.per_year": _("{amount} a year"),
    "plan.buy": _("Upgrade for {price}"),
    "plan.thanks": _("You have Pro now. Thank you!"),
    "plan.used": _("{used} of {limit}"),
    "plan.free": _("Free of charge."),
    "plan.granted": _("A present from us."),
    "plan.granted_until": _("A present from us, until {day}."),
    "plan.ends": _("Cancelled: it ends on {day}."),
    "plan.renews": _("It renews on {day}."),
    "connection.offline": _("You are offline. What you type is kept."),
    "connection.reconnecting": _("The server cannot be reached. Trying again…"),
    "connection.try": _("Try now"),
    "connection.back": _("Connected again."),
}

SETTINGS: Final[dict[str, Promise]] = {
    "password.set": _("You can sign in by password as well as by code. A new one signs out the other devices."),
    "password.unset": _("Not set. With one you can sign in without waiting for a code."),
    "password.changed": _("The password is set. The other devices are signed out."),
    "devices.used": _("Last used {when}"),
    "devices.end": _("Sign out there: {device}"),
    "devices.ended": _("Signed out: {device}"),
    "devices.unknown": _("Unknown device"),
    "devices.everywhere": _("Sign out everywhere?"),
    "devices.everywhere_text": _("Every device is signed out, this one too."),
    "devices.confirm": _("Sign out"),
    "keys.copied": _("Copied."),
    "keys.unused": _("Never used"),
    "keys.ends": _("Works until {day}"),
    "keys.today": _("Messages today: {count}"),
    "keys.delete": _("Delete the key {name}"),
    "keys.delete_text": _("Programs that use it stop working at once."),
    "number.mock": _("This is a test installation, no SMS is sent. Old number: {old}, new number: {new}."),
    "data.cleaned": _("Removed messages: {count}"),
    "data.nothing_failed": _("There are no failed messages."),
    "data.confirm_deletion": _("Type the last four digits of your number to confirm"),
    "data.wrong_digits": _("These are not the last four digits of your number."),
    "data.deleted": _("Your account is being deleted."),
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
        "This needs a fresh sign-in: sign out, sign in again with a code, and come back within ten minutes."
    ),
    "problem.number_taken": _("Another account has this number."),
    "problem.staff_account": _("This is an account of staff. It cannot be deleted here."),
    "problem.already_subscribed": _("You have a subscription already."),
    "problem.checkout_in_progress": _("A checkout is being opened already. Try again in a moment."),
    "problem.not_for_sale": _("Pro is not for sale here at the moment."),
    "problem.no_subscription": _("You never had a subscription, so there is nothing to manage."),
    "problem.payment_provider_away": _("The payment provider does not respond. You were not charged."),
    "problem.payment_provider_refused": _("The payment provider refused. You were not charged."),
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

TEXTS: Final[dict[str, Promise]] = APP | ROOMS | PLAN | SETTINGS | SIGN_IN | PROBLEMS
