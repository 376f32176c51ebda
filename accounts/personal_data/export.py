"""Everything that is stored about a user, as one JSON document (GDPR articles 15 and 20).

Every app registers its sections here, as it registers its steps of an erasure. The document is written row by row, so
that a hundred thousand messages need no more memory than one.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils import timezone

from accounts.downloads import in_pages
from accounts.models import ApiKey, OneTimeCode, Session, StaffAction, User, WebhookDelivery, WebhookEndpoint
from accounts.personal_data import registry


def document(*, user_id: int) -> Iterator[str]:
    """Write the document, a part at a time."""
    yield f'{{"exported_at": {_json(timezone.now())}'
    for name, section in registry.sections.items():
        yield f",\n{_json(name)}: ["
        for number, row in enumerate(section(user_id)):
            yield f"{',' if number else ''}\n  {_json(row)}"
        yield "]"
    yield "}\n"


def rows(queryset: QuerySet[Any], *fields: str) -> Iterator[dict[str, Any]]:
    """The rows of a query as plain values, oldest first, never all in memory at once."""
    for row in in_pages(queryset.values("pk", *fields)):
        yield {name: row[name] for name in fields}


def account(user_id: int) -> Iterable[Any]:
    return rows(
        User.objects.filter(pk=user_id), "id", "mobile_number", "display_name", "language", "is_staff", "created_at"
    )


def sessions(user_id: int) -> Iterable[Any]:
    """The signed-in devices, ended ones too while they are kept."""
    mine = Session.objects.filter(user_id=user_id)
    return rows(mine, "id", "method", "user_agent", "created_at", "rotated_at", "revoked_at")


def api_keys(user_id: int) -> Iterable[Any]:
    """The API keys, ended ones too while they are kept; never a secret or its hash."""
    return rows(
        ApiKey.objects.filter(user_id=user_id),
        *("id", "name", "scopes", "model_names", "allowed_origins", "daily_units", "units_day", "units_used"),
        *("created_at", "expires_at", "rotated_at", "previous_until", "last_used_at", "revoked_at"),
    )


def webhook_endpoints(user_id: int) -> Iterable[Any]:
    """The webhook endpoints; never a secret."""
    return rows(
        WebhookEndpoint.objects.filter(user_id=user_id),
        *("id", "url", "event_types", "created_at", "rotated_at", "previous_until", "last_attempt_at"),
        *("failing_since", "disabled_at", "disabled_reason"),
    )


def webhook_deliveries(user_id: int) -> Iterable[Any]:
    """What the endpoints were told, while it is kept."""
    return rows(
        WebhookDelivery.objects.filter(endpoint__user_id=user_id),
        *("endpoint_id", "event_id", "event_type", "data", "occurred_at", "status", "attempts"),
        *("last_attempt_at", "last_status_code", "last_error", "ended_at"),
    )


def codes(user_id: int) -> Iterable[Any]:
    """The one-time codes that were asked for by the account's number, while they are kept; never the digits."""
    number = User.objects.filter(pk=user_id).values("mobile_number")
    return rows(OneTimeCode.objects.filter(mobile_number__in=number), "purpose", "address", "created_at", "used_at")


def staff_actions(user_id: int) -> Iterable[Any]:
    """What staff did to the account; who did it and why belongs to the staff."""
    return rows(StaffAction.objects.filter(user_id=user_id), "action", "outcome", "created_at")


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
