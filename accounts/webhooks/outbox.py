"""Telling endpoints: one statement in the transaction of what happened. Who has no endpoint costs no row."""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from django.db import connection, transaction

from accounts.models import EventType, WebhookDelivery, WebhookEndpoint
from accounts.models.webhooks import TEST_EVENT
from config.celery import publish
from config.infrastructure.database import prepared_cursor

Data = Mapping[str, str | int | None]
"""Ids and our own words; no text, number or name of the user."""

SEND: Final = "accounts.tasks.send_webhooks"

EXPIRING: Final = timedelta(days=7)
"""How long before its end an API key is told of."""

HAS_ENDPOINT: Final = """
    EXISTS (SELECT FROM accounts_webhookendpoint WHERE user_id = %(user_id)s AND disabled_at IS NULL)
"""
"""For a statement of a hot path, which so knows without another one whether there is anybody to tell."""

TELL: Final = """
    INSERT INTO accounts_webhookdelivery (endpoint_id, event_id, event_type, data)
    SELECT id, %(event_id)s, %(type)s::varchar, %(data)s::jsonb FROM accounts_webhookendpoint
    WHERE user_id = %(user_id)s AND disabled_at IS NULL AND %(type)s::varchar = ANY(event_types)
    FOR SHARE
"""
"""The lock lets no endpoint be deleted before the commit, which would then fail: no reply may fail for a webhook. Nor
be disabled, which would not see the delivery that it has to end. An endpoint that is just being deleted is waited for,
and not told."""

TELL_OF_KEYS: Final = """
    WITH ending AS (
        UPDATE accounts_apikey AS key SET expiry_told = expires_at
        WHERE revoked_at IS NULL
          AND expires_at BETWEEN statement_timestamp() AND statement_timestamp() + make_interval(days => %(days)s)
          AND expiry_told IS DISTINCT FROM expires_at
          AND EXISTS (
              SELECT FROM accounts_webhookendpoint AS endpoint
              WHERE endpoint.user_id = key.user_id AND disabled_at IS NULL AND %(type)s = ANY(event_types)
          )
        RETURNING id, user_id, expires_at, gen_random_uuid() AS event_id
    )
    INSERT INTO accounts_webhookdelivery (endpoint_id, event_id, event_type, data)
    SELECT endpoint.id, event_id, %(type)s, jsonb_build_object(
        'user_id', ending.user_id, 'key_id', ending.id,
        'expires_at', to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    )
    FROM ending JOIN accounts_webhookendpoint AS endpoint ON endpoint.user_id = ending.user_id
    WHERE disabled_at IS NULL AND %(type)s = ANY(event_types)
    FOR SHARE OF endpoint
"""


def tell(*, user_id: int, type: EventType, data: Data) -> int:  # noqa: A002  it is the field's name
    """Write an event for each endpoint of the user that wants it. Call it in the transaction of what it tells.

    Returns:
        How many endpoints will be told.
    """
    content = json.dumps({"user_id": user_id, **data})
    with prepared_cursor() as cursor:
        cursor.execute(TELL, {"user_id": user_id, "event_id": uuid4(), "type": type.value, "data": content})
        told = int(cursor.rowcount)
    if told:
        send_on_commit()
    return told


def tell_of_expiring_keys() -> int:
    """Write an event for each API key that ends within a week, once for each end of it; how many deliveries."""
    with connection.cursor() as cursor:
        cursor.execute(TELL_OF_KEYS, {"type": EventType.KEY_EXPIRING.value, "days": EXPIRING.days})
        told = int(cursor.rowcount)
    if told:
        send_on_commit()
    return told


def tell_of_erasure(*, user_id: int) -> None:
    """Leave nothing of the account's webhooks but the event of its end. Call it in the transaction that deletes it.

    The endpoints that are told lose their user; the purge deletes them when they have been told.
    """
    mine = WebhookEndpoint.objects.for_user(user_id)
    list(mine.select_for_update())  # against an event that is just being written
    WebhookDelivery.objects.filter(endpoint__in=mine).delete()
    tell(user_id=user_id, type=EventType.ACCOUNT_ERASED, data={})
    mine.filter(deliveries=None).delete()
    mine.update(user=None)


def tell_test(*, endpoint_id: UUID, user_id: int) -> WebhookDelivery:
    """Write the event that only tests an endpoint."""
    data = {"user_id": user_id, "endpoint_id": str(endpoint_id)}
    delivery = WebhookDelivery.objects.create(
        endpoint_id=endpoint_id, event_id=uuid4(), event_type=TEST_EVENT, data=data
    )
    send_on_commit()
    return delivery


def send_on_commit() -> None:
    """Have what is due sent when the transaction has committed; what is lost on the way, the next sweep finds."""
    transaction.on_commit(partial(publish, SEND), robust=True)
