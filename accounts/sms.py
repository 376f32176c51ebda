"""Delivering a text by SMS; `SMS_DELIVERY` says how.

With `response` nothing is ever delivered: the code is in the API's response, or is lost with it.
"""

import sys
from typing import Final

import requests
import structlog
from django.conf import settings
from urllib3.exceptions import NewConnectionError

log = structlog.get_logger(__name__)

CONNECT_TIMEOUT: Final = 5.0
READ_TIMEOUT: Final = 10.0
"""Seconds; Twilio responds when it has queued the message."""

MAY_BE_REPEATED: Final = frozenset({429})
"""Responses that say that Twilio sent nothing and may accept the message later (https://www.twilio.com/docs/api/errors/20429)."""


class NotDelivered(Exception):
    """The provider surely sent nothing.

    Attributes:
        may_be_repeated: whether the same text may go through later.
    """

    def __init__(self, *, may_be_repeated: bool) -> None:
        super().__init__("repeat later" if may_be_repeated else "refused")
        self.may_be_repeated = may_be_repeated


class DeliveryUnknown(Exception):
    """The provider may or may not have accepted it, so it is not sent again: each SMS costs money, and is counted."""


def deliver(*, mobile_number: str, text: str) -> None:
    """Send `text` to a number in E.164; call it outside any transaction.

    Raises:
        NotDelivered: nothing was sent.
        DeliveryUnknown: perhaps it was.
    """
    if settings.SMS_DELIVERY == "twilio":
        _deliver_by_twilio(mobile_number=mobile_number, text=text)
    elif settings.SMS_DELIVERY == "console":
        sys.stdout.write(f"SMS to {mobile_number}: {text}\n")
        sys.stdout.flush()
    else:
        raise NotDelivered(may_be_repeated=False)


def check_account() -> None:
    """Fetch our account from Twilio, which sends nothing and is free; with another delivery, do nothing.

    Raises:
        NotDelivered: Twilio refuses our account or its token, or is unavailable (then `may_be_repeated`).
    """
    if settings.SMS_DELIVERY != "twilio":
        return
    sid = settings.TWILIO_ACCOUNT_SID
    try:
        response = requests.get(
            f"{settings.TWILIO_BASE_URL}/2010-04-01/Accounts/{sid}.json",
            auth=(sid, settings.TWILIO_AUTH_TOKEN),
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=False,
        )
    except requests.RequestException:
        raise NotDelivered(may_be_repeated=True) from None
    if response.status_code != requests.codes.ok:
        unavailable = (
            response.status_code in MAY_BE_REPEATED or response.status_code >= requests.codes.internal_server_error
        )
        raise NotDelivered(may_be_repeated=unavailable)


def _deliver_by_twilio(*, mobile_number: str, text: str) -> None:
    """Send by https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource."""
    sid = settings.TWILIO_ACCOUNT_SID
    sender = "MessagingServiceSid" if settings.TWILIO_FROM.startswith("MG") else "From"
    try:
        response = requests.post(
            f"{settings.TWILIO_BASE_URL}/2010-04-01/Accounts/{sid}/Messages.json",
            data={"To": mobile_number, sender: settings.TWILIO_FROM, "Body": text},
            auth=(sid, settings.TWILIO_AUTH_TOKEN),
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=False,
        )
    except requests.RequestException as error:
        log.warning("sms_failed", cause=type(error).__name__)
        if _never_connected(error):
            raise NotDelivered(may_be_repeated=True) from None
        raise DeliveryUnknown from None
    if response.status_code == requests.codes.created:
        return
    log.error("sms_refused", status=response.status_code)
    if response.status_code >= requests.codes.internal_server_error:
        raise DeliveryUnknown
    raise NotDelivered(may_be_repeated=response.status_code in MAY_BE_REPEATED)


def _never_connected(error: requests.RequestException) -> bool:
    """Whether no connection was made. If one was made and broke, the text may have been sent."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)
