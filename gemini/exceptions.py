"""Why a reply failed. Each class has one stable code; none carries text of the provider, the prompt or the key."""

from typing import ClassVar, Literal


class Cancelled(Exception):
    """The call was cancelled from our side; it has no reply, and nothing went wrong."""


class ProviderError(Exception):
    """A call to the provider that gave no usable reply.

    Attributes:
        code: stable, safe to store and show.
        retryable: the same call may succeed later.
        retry_after: seconds to wait before that, if the vendor names a time (google.rpc.RetryInfo).
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
    """500, 502, 503 or 504, or 499: the vendor cancels calls under load."""

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


class NoText(ProviderError):
    """The reply is something else than text, a picture for example: it was made, and another one would be paid for."""

    code = EmptyReply.code


class SchemaMismatch(ProviderError):
    """The reply is not JSON that matches the room's schema; one more call may do better."""

    code = "schema_mismatch"
    retryable = True


class SchemaCut(SchemaMismatch):
    """The JSON was cut off at its limit; another one would be, too."""

    retryable = False


class UnknownFinish(ProviderError):
    """The reply ended for a reason that this version does not know."""

    code = "unknown_finish"


class ReplyTooLong(ProviderError):
    """More text than a reply may hold."""

    code = "answer_too_long"


class ProviderAuth(ProviderError):
    """The vendor refuses the installation: an operator has to act.

    Attributes:
        reason: `key`: none, or one that is not accepted. `permission`: the key may not do this. `quota`: the plan has
            none for this model or tool. `billing`: no credit is left. `precondition`: the location or the project does
            not qualify. `disabled`: the vendor has limited the project. `store`: the API does not let us forbid it to
            store prompts.
    """

    code = "provider_auth"

    Reason = Literal["key", "permission", "quota", "billing", "precondition", "disabled", "store"]

    def __init__(self, *, reason: Reason = "key", cause: str = "", retry_after: float | None = None) -> None:
        super().__init__(cause=cause, retry_after=retry_after)
        self.reason: ProviderAuth.Reason = reason

    def again(self) -> "ProviderAuth":
        """The same refusal, without the traceback of this one."""
        return ProviderAuth(reason=self.reason, cause="breaker")


class ProviderBilling(ProviderError):
    """402: the installation's credit at the vendor is used up."""

    code = "provider_billing"
    reason: ClassVar[str] = "billing"

    def again(self) -> "ProviderBilling":
        """As `ProviderAuth.again`."""
        return ProviderBilling(cause="breaker")


class FileGone(ProviderError):
    """A file that the prompt names is no longer there: uploaded again, it is."""

    code = "file_gone"
    retryable = True


class FileNotReady(ProviderError):
    """The vendor could not process a file, or not in time."""

    code = "file_not_ready"
    retryable = True


class ModelNotFound(ProviderError):
    """404: no such model."""

    code = "model_not_found"


class BadRequest(ProviderError):
    """Any other refusal of the request as such; a retry would be refused again.

    Attributes:
        parameter: the one of ours that the vendor names (`temperature` or `thinking`), if any.
    """

    code = "bad_request"

    def __init__(self, *, parameter: str = "", cause: str = "", retry_after: float | None = None) -> None:
        super().__init__(cause=cause, retry_after=retry_after)
        self.parameter = parameter


class ConnectionCut(ProviderError):
    """The connection broke, or the response is incomplete."""

    code = "connection_cut"
    retryable = True


class CallFailed(ProviderError):
    """Something failed on our side of the call, in the SDK for example. It says nothing of the model."""

    code = ConnectionCut.code
    retryable = True


class BrokenReply(ProviderError):
    """The model itself reports that the reply is incomplete."""

    code = ConnectionCut.code
    retryable = True


def codes() -> set[str]:
    return {kind.code for kind in ProviderError.__subclasses__()}
