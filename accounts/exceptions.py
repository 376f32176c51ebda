"""The errors of sign-in, accounts and idempotency."""

from http import HTTPStatus

from config.http.problems import Forbidden, NotAuthenticated, NotFound, Problem, RateLimited, ServiceUnavailable


class InvalidCode(Problem):
    """Wrong, expired, used, superseded, guessed at too often or never requested: the response is the same."""

    code = "invalid_code"
    title = "This code does not work"
    detail = "Check the six digits, or ask for a new code."


class TooManyFailedAttempts(Problem):
    """The number is locked after failed attempts; even a correct code or password is refused until `Retry-After`."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_tries"
    title = "Too many failed attempts"


class TooManyCodes(RateLimited):
    """The limit of codes for the number, for numbers near it or for the client's network is reached."""

    code = "too_many_codes"
    title = "Too many codes were asked for"


class TooManyDownloads(RateLimited):
    """The account is downloading as many exports as it may at once."""

    code = "too_many_downloads"
    title = "Too many downloads at once"


class SmsCeilingReached(ServiceUnavailable):
    """The day's limit of SMS for the country, or for all countries, is reached; signing in by password still works."""

    code = "sms_ceiling_reached"
    title = "No more codes can be sent at the moment"
    detail = "Codes that were sent still work; try again later."


class InvalidCredentials(NotAuthenticated):
    """There is no account with this number and this password."""

    code = "invalid_credentials"
    title = "Wrong number or password"
    detail = "Check both, or sign in by code."


class TokenInvalid(NotAuthenticated):
    """Not a token of ours, or not of the required type."""

    code = "token_invalid"
    title = "This token is not valid"
    detail = "Sign in again."


class TokenExpired(NotAuthenticated):
    """The token has expired: an access token is renewed at /auth/refresh, a refresh token by signing in."""

    code = "token_expired"
    title = "This token has expired"
    detail = "Refresh an access token; after a refresh token's end, sign in again."


class SessionEnded(NotAuthenticated):
    """The session of the token was ended, or its user was disabled, erased or deleted."""

    code = "session_ended"
    title = "This session has ended"
    detail = "Sign in again."


class TokenReused(NotAuthenticated):
    """A refresh token was used that had been replaced before; its session has been ended (RFC 9700 section 4.14.2)."""

    code = "token_reused"
    title = "This refresh token was used before"
    detail = "The session was ended for safety; sign in again."


class MissingHeader(Forbidden):
    """The refresh cookie came without the header that a form on another site cannot send."""

    code = "missing_header"
    title = "A header is missing"
    detail = "With the refresh cookie, send X-Requested-With too."


class WrongPassword(Forbidden):
    code = "wrong_password"
    title = "The old password is not right"


class RecentSignInRequired(Forbidden):
    """What gives lasting access is done shortly after a sign-in: a first password (by code), an API key."""

    code = "recent_sign_in_required"
    title = "Sign in again first"
    detail = "A first password can be set within ten minutes of a sign-in by code."


class ApiKeyInvalid(NotAuthenticated):
    """Not a key of ours: mistyped, cut off, or made up."""

    code = "api_key_invalid"
    title = "This API key is not valid"
    detail = "Check that it is complete. A key is shown only once; make another if it is lost."


class ApiKeyExpired(NotAuthenticated):
    """The key's time is over, or that of the secret which its last rotation replaced."""

    code = "api_key_expired"
    title = "This API key has expired"
    detail = "Rotate the key, or make another."


class ApiKeyEnded(NotAuthenticated):
    """The key was revoked, or its user was disabled, erased or signed out everywhere."""

    code = "api_key_ended"
    title = "This API key was ended"
    detail = "Sign in, and make another."


class ScopeMissing(Forbidden):
    """The key does not have the scope that the route needs, or no key may use the route."""

    code = "scope_missing"
    title = "This API key may not do this"
    detail = "Make a key with the scope that the route needs."


class OriginNotAllowed(Forbidden):
    """The page that sent the request is of an origin that may not use the API, or not with this key."""

    code = "origin_not_allowed"
    title = "Pages of this origin may not do this"
    detail = "Make a key whose allowed_origins has the origin of the page."


class TooManyApiKeys(Problem):
    """The user has as many keys as one may have."""

    status = HTTPStatus.CONFLICT
    code = "too_many_api_keys"
    title = "You have too many API keys"
    detail = "Delete one that is not used; expired ones count until they are deleted."


class OverlapRunning(Problem):
    """The secret before the last rotation still works, and another rotation would end it too early."""

    status = HTTPStatus.CONFLICT
    code = "overlap_running"
    title = "The last rotation is still going on"
    detail = "Wait until the former secret ends, or rotate without an overlap, which ends both at once."


class KeyUnitsUsedUp(RateLimited):
    """The key has consumed the units that it may consume in a day; nothing was stored."""

    code = "api_key_units_used_up"
    title = "This API key has used up its messages for today"


class ApiKeyNotFound(NotFound):
    """Not one of the user's keys."""

    detail = "No such API key."


class WebhookEndpointNotFound(NotFound):
    """Not one of the user's webhook endpoints."""

    detail = "No such webhook endpoint."


class DeliveryNotFound(NotFound):
    """Not one of the endpoint's deliveries, or kept no longer."""

    detail = "No such delivery."


class TooManyWebhookEndpoints(Problem):
    """The user has as many endpoints as one may have."""

    status = HTTPStatus.CONFLICT
    code = "too_many_webhook_endpoints"
    title = "You have too many webhook endpoints"
    detail = "Delete one that is not used; disabled ones count until they are deleted."


class WebhookEndpointDisabled(Problem):
    """The endpoint gets nothing, or staff have disabled it, which only they undo."""

    status = HTTPStatus.CONFLICT
    code = "webhook_endpoint_disabled"
    title = "This webhook endpoint is disabled"
    detail = "Enable it first."


class DeliveryPending(Problem):
    """A delivery is replayed after it has ended; until then it is sent anyway."""

    status = HTTPStatus.CONFLICT
    code = "delivery_pending"
    title = "This delivery has not ended"
    detail = "It is being sent, or will be."


class NumberTaken(Problem):
    status = HTTPStatus.CONFLICT
    code = "number_taken"
    title = "Another account has this number"
    detail = "Nothing was changed."


class StaffAccount(Problem):
    """A staff member's account cannot be erased, because the audit trail would lose its author; the role ends first."""

    status = HTTPStatus.CONFLICT
    code = "staff_account"
    title = "This is an account of the staff"
    detail = "Nothing was changed. Have the role taken from the account first."


class SessionNotFound(NotFound):
    """Not one of the user's active sessions."""

    detail = "No such session."


class InvalidIdempotencyKey(Problem):
    """The Idempotency-Key is not 1 to 255 printable ASCII characters."""

    code = "invalid_idempotency_key"
    title = "This Idempotency-Key is not valid"
    detail = "1 to 255 printable ASCII characters."


class IdempotencyInFlight(Problem):
    """The first request with this key is still running."""

    status = HTTPStatus.CONFLICT
    code = "idempotency_in_flight"
    title = "The first request with this Idempotency-Key is still running"
    detail = "Ask again in a moment."


class IdempotencyKeyReused(Problem):
    """The key was used before with another body."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for something else"
    detail = "Use a new key for a new request."
