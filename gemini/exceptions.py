"""Why a reply failed. Each class has one stable code; none carries text of the provider, the prompt or the key."""

from typing import ClassVar


class Cancelled(Exception):
    """The call was cancelled from our side; it has no reply, and nothing went wrong."""


class ProviderError(Exception):
    """A call to the provider that gave no usable reply.

    Attributes:
        code: stable, safe to store and show.
        retryable: the same call may succeed later.
        retry_after: seconds that the vendor asks to wait (google.rpc.RetryInfo), if it names any.
        cause: class name of the original error, for logs; its text may hold the prompt and is dropped.
    """

    code: ClassVar[str] = "provider_error"
    retryable: ClassVar[bool] = False

    def __init__(self, *, cause: str = "", retry_after: float | None = None) -> None:
        super().__init__(self.code)
        self.cause = cause
        self.retry_after = retry_after


class ProviderRateLimited(ProviderError):
    """429: too many calls or tokens per minute."""

    code = "rate_limited"
    retryable = True


class ProviderQuotaExhausted(ProviderError):
    """429 of a quota counted per day: all our retries end before it does."""

    code = "provider_quota_exhausted"


class ProviderOverloaded(ProviderError):
    """500, 502, 503 or 504."""

    code = "provider_overloaded"
    retryable = True


class ProviderUnavailable(ProviderError):
    """The breakers of the model, and of the fallback if there is one, are open: no call was made."""

    code = "provider_unavailable"


class ProviderTimeout(ProviderError):
    """No connection, no next byte or no end within the timeout."""

    code = "provider_timeout"
    retryable = True


class Blocked(ProviderError):
    """The vendor refused the prompt, or withheld the reply."""

    code = "blocked"


class MaxTokens(ProviderError):
    """The output limit, which counts thinking too, was used up before any text."""

    code = "max_tokens"


class EmptyReply(ProviderError):
    """The reply ended normally without text, or with invisible text only."""

    code = "empty_answer"
    retryable = True


class ReplyTooLong(ProviderError):
    """More text than a reply may hold."""

    code = "answer_too_long"


class ProviderAuth(ProviderError):
    """No key, a key that the vendor does not accept, or one that may not do this."""

    code = "provider_auth"


class ModelNotFound(ProviderError):
    """404: no such model."""

    code = "model_not_found"


class BadRequest(ProviderError):
    """Any other refusal of the request as such; a retry would be refused again."""

    code = "bad_request"


class ConnectionCut(ProviderError):
    """The connection broke, or the response is incomplete."""

    code = "connection_cut"
    retryable = True


class BrokenReply(ProviderError):
    """The model itself reports that the reply is incomplete."""

    code = ConnectionCut.code
    retryable = True


def codes() -> set[str]:
    return {kind.code for kind in ProviderError.__subclasses__()}
