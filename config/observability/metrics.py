"""All Prometheus metrics of Kuvaka, except those that are read from the database.

Every module may import this one. Labels have bounded cardinality and are never personal: route patterns, our own codes,
names of tasks. Each process writes to the folder that `config.observability.multiprocess_dir` has made for it, so that
the child processes of granian and Celery are exported as one; a process that was started otherwise counts for itself.
`config.infrastructure.database_metrics` reads the others at the scrape.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

MODELS: Final = 20
"""The number of models with their own label in a process; all others are `other`."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Clients may send any method; all others are `other`."""

_REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_REPLY_SECONDS: Final = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 180)

# Requests

requests = Counter("kuvaka_http_requests", "Requests that web has served.", ("route", "method", "code"))
request_seconds = Histogram(
    "kuvaka_http_request_seconds", "How long web took to respond.", ("route", "method"), buckets=_REQUEST_SECONDS
)

# Replies

replies = Counter(
    "kuvaka_replies", "Replies that have ended: done, failed (with its code) or stopped.", ("end", "code")
)
retries_scheduled = Counter("kuvaka_reply_tries_put_off", "Attempts that failed and are retried later.", ("code",))
replies_handed_back = Counter("kuvaka_replies_handed_back", "Replies that a stopping worker has requeued.")
leases_lost = Counter("kuvaka_leases_lost", "Replies whose worker had died or hung.")
replies_fenced = Counter("kuvaka_replies_fenced", "Results that came too late and were discarded.")
reaps = Counter("kuvaka_reaps", "Runs of the reaper, which runs every REPLY_REAP_EVERY seconds.")
first_token_seconds = Histogram(
    "kuvaka_reply_first_token_seconds",
    "From the request for a reply to its first chunk.",
    buckets=_REPLY_SECONDS,
)
answer_seconds = Histogram("kuvaka_answer_seconds", "From the claim of a reply to its end.", buckets=_REPLY_SECONDS)
tokens_per_second = Histogram(
    "kuvaka_answer_tokens_per_second",
    "Output tokens of a reply per second.",
    buckets=(1, 2, 5, 10, 20, 40, 80, 160, 320, 640),
)
generations = Gauge("kuvaka_generations_in_flight", "Replies being generated now.", multiprocess_mode="livesum")

# Refusals, failures and delays

publish_failures = Counter(
    "kuvaka_publish_failures", "Tasks that Redis did not accept; a periodic task publishes them.", ("task",)
)
quota_refusals = Counter("kuvaka_quota_refusals", "Sends that were refused, by the reason's code.", ("code",))
server_failed = Gauge(
    "kuvaka_server_failed_timestamp_seconds",
    "When Redis (by host and port) or Stripe last failed; 0 after it has responded again.",
    ("server",),
    multiprocess_mode="livemax",
)
model_failed = Gauge(
    "kuvaka_model_failed_timestamp_seconds",
    "When a model with an open breaker last failed; 0 after it has responded again.",
    ("model",),
    multiprocess_mode="livemax",
)
provider_refused = Gauge(
    "kuvaka_provider_refused_timestamp_seconds",
    "When Gemini last refused this installation: its key, its credit, its project; 0 after it has accepted a call.",
    multiprocess_mode="livemax",
)
# Times, not states: a process that makes no further call does not notice the recovery.
security_events = Counter("kuvaka_security_events", "Lines of the security log, by their event.", ("event",))
sms = Counter("kuvaka_sms", "Codes that went to the SMS provider: sent, not_sent, unknown.", ("outcome",))
sms_ceilings = Counter("kuvaka_sms_ceiling_reached", "Codes refused by a ceiling: of a country, of all.", ("ceiling",))

# Outgoing webhooks

webhook_deliveries = Counter(
    "kuvaka_webhook_deliveries",
    "Attempts to deliver an event: delivered, retried (later), failed (for good), fenced (recorded too late).",
    ("result",),
)

# Stripe's webhook

webhooks = Counter(
    "kuvaka_webhooks", "Stripe events: taken, repeated, refused (signature), other_mode, ignored.", ("outcome",)
)
webhook_lag_seconds = Histogram(
    "kuvaka_webhook_lag_seconds",
    "From the receipt of an event to the end of its processing.",
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 6 * 3600),
)
webhook_failures = Counter(
    "kuvaka_webhook_failures",
    "Failed attempts to process an event: failed, given_up, away (Stripe unavailable).",
    ("outcome",),
)
stripe_differences = Counter(
    "kuvaka_stripe_differences",
    "Customers that differ from Stripe's: drifted, failed (not repaired), unowned.",
    ("found",),
)

# Streams

stream_clients = Gauge("kuvaka_stream_clients", "Streams that are open now.", multiprocess_mode="livesum")
streams = Counter("kuvaka_streams", "Requests to `stream`, by their status and how the stream ended.", ("code", "end"))

FAILURES: Final = (
    "answer_too_long",
    "bad_request",
    "blocked",
    "connection_cut",
    "empty_answer",
    "file_gone",
    "file_not_ready",
    "file_storage_unavailable",
    "internal_error",
    "max_tokens",
    "model_not_found",
    "provider_auth",
    "provider_billing",
    "provider_overloaded",
    "provider_quota_exhausted",
    "provider_timeout",
    "provider_unavailable",
    "rate_limited",
    "schema_mismatch",
    "service_budget_reached",
    "token_share_reached",
    "unknown_finish",
    "worker_lost",
)
"""Why a reply may fail."""

RETRIED: Final = (
    "connection_cut",
    "empty_answer",
    "file_gone",
    "file_not_ready",
    "file_storage_unavailable",
    "internal_error",
    "provider_overloaded",
    "provider_timeout",
    "rate_limited",
    "schema_mismatch",
)
"""The codes after which a reply is retried."""

PUBLISHED: Final = (
    "accounts.tasks.erase",
    "accounts.tasks.send_code",
    "accounts.tasks.send_webhooks",
    "billing.tasks.process_event",
    "chatrooms.tasks.answer",
    "chatrooms.tasks.name_room",
    "chatrooms.tasks.summarise_room",
)
"""The tasks that `config.celery.publish` publishes; beat publishes the periodic ones."""

# Prometheus sees no increase of a counter that appears with its first event, so no alert fires. These start at 0.
for _end in ("done", "stopped"):
    replies.labels(_end, "")
for _code in FAILURES:
    replies.labels("failed", _code)
for _code in RETRIED:
    retries_scheduled.labels(_code)
for _code in ("quota_exceeded", "service_budget_reached", "token_share_reached", "too_many_waiting"):
    quota_refusals.labels(_code)
for _task in PUBLISHED:
    publish_failures.labels(_task)
for _end in ("told", "disconnected", "too_slow", "stream_unavailable", "session_ended", "not_found"):
    streams.labels(200, _end)
for _status in (204, 401, 404, 429, 503):
    streams.labels(_status, "")
for _outcome in ("taken", "repeated", "refused", "other_mode", "ignored"):
    webhooks.labels(_outcome)
for _outcome in ("failed", "given_up", "away"):
    webhook_failures.labels(_outcome)
for _found in ("drifted", "failed", "unowned"):
    stripe_differences.labels(_found)
for _result in ("delivered", "retried", "failed", "fenced"):
    webhook_deliveries.labels(_result)
for _outcome in ("sent", "not_sent", "unknown"):
    sms.labels(_outcome)
for _ceiling in ("country", "all"):
    sms_ceilings.labels(_ceiling)

_models: set[str] = set()


def method_label(method: str) -> str:
    return method if method in METHODS else "other"


def model_label(model: str) -> str:
    """The label of a model: its name, for the first `MODELS` of this process."""
    if model not in _models and len(_models) >= MODELS:
        return "other"
    _models.add(model)
    return model
