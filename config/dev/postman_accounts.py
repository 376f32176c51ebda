"""The Postman tour's steps about accounts: signing in, the profile, password and number, erasure."""

from typing import Final

from config.dev.postman_steps import (
    CODE_IN_RESPONSE,
    NEW_NUMBERS,
    TOKENS,
    Folder,
    Step,
    next_code,
    wait,
)

LATER: Final = {"mobile_number": "{{mobile_number}}", "password": "{{password}}"}

SIGN_IN: Final = Folder(
    name="Sign in",
    description="A number, a code, tokens; then a password, and a second device that signs in with it.",
    steps=(
        Step(
            operation="POST /auth/signup",
            status=(201,),
            before=NEW_NUMBERS,
            body={"mobile_number": "{{mobile_number}}"},
        ),
        Step(
            operation="POST /auth/send-otp",
            body={"mobile_number": "{{mobile_number}}"},
            saves={"otp": "body.otp", **next_code("user")},
            checks=CODE_IN_RESPONSE,
        ),
        Step(
            operation="POST /auth/verify-otp",
            body={"mobile_number": "{{mobile_number}}", "otp": "{{otp}}"},
            saves=TOKENS,
        ),
        Step(
            operation="POST /auth/change-password",
            title="Set a first password",
            body={"new_password": "{{password}}"},
        ),
        Step(operation="POST /auth/login", title="Sign in by password, on a second device", body=LATER),
        Step(
            operation="GET /auth/sessions",
            saves={"session_id": "body.find((session) => !session.current).id"},
            checks={"two devices are signed in": "body.length === 2"},
        ),
        Step(operation="DELETE /auth/sessions/{session_id}", status=(204,)),
        Step(operation="POST /auth/refresh", body={"refresh_token": "{{refresh_token}}"}, saves=TOKENS),
        Step(
            operation="POST /auth/send-otp",
            title="Send a code to another user",
            body={"mobile_number": "{{other_mobile_number}}"},
            saves={"other_otp": "body.otp", **next_code("other")},
            checks=CODE_IN_RESPONSE,
        ),
        Step(
            operation="POST /auth/verify-otp",
            title="Sign the other user in, with the password to set",
            body={"mobile_number": "{{other_mobile_number}}", "otp": "{{other_otp}}", "password": "{{password}}"},
            saves={"other_access_token": "body.access_token"},
            checks={"the password is set": "body.password_set"},
        ),
    ),
)

ACCOUNT: Final = Folder(
    name="Account",
    description="The user's profile.",
    steps=(
        Step(operation="GET /user/me", checks={"it is this number's": 'body.mobile_number === get("mobile_number")'}),
        Step(operation="PATCH /user/me", checks={"the name is set": "body.display_name.length > 0"}),
    ),
)

API_KEYS: Final = Folder(
    name="API keys",
    description="A key for a program, made within ten minutes of the sign-in: it may do what its scopes say.",
    steps=(
        Step(
            operation="POST /api-keys",
            status=(201,),
            body={"scopes": ["rooms:read"]},
            saves={"key_id": "body.id", "api_key": "body.key"},
        ),
        Step(
            operation="GET /api-keys",
            checks={"no secret is listed": "body.length === 1 && body[0].key === undefined"},
        ),
        Step(operation="GET /chatroom", title="The program lists the rooms", token="api_key"),
        Step(
            operation="POST /chatroom",
            title="It may not make one",
            status=(403,),
            token="api_key",
            checks={"it says which scope is missing": 'body.scope === "rooms:write"'},
        ),
        Step(
            operation="POST /api-keys/{key_id}/rotate",
            saves={"new_api_key": "body.key"},
            checks={"the secret is another": 'body.key !== get("api_key")'},
        ),
        Step(operation="GET /chatroom", title="The former secret still works", token="api_key"),
        Step(operation="GET /chatroom", title="So does the new one", token="new_api_key"),
        Step(operation="DELETE /api-keys/{key_id}", status=(204,)),
        Step(
            operation="GET /chatroom",
            title="Now neither does",
            status=(401,),
            token="new_api_key",
            checks={"it says why": 'body.code === "api_key_ended"'},
        ),
    ),
)

WEBHOOKS: Final = Folder(
    name="Webhooks",
    description="A URL that is told what happens. This one has a name that never exists, so nothing is sent.",
    steps=(
        Step(
            operation="POST /webhook-endpoints",
            status=(201,),
            body={"url": "https://hooks.invalid/kuvaka"},
            saves={"endpoint_id": "body.id", "webhook_secret": "body.secret"},
        ),
        Step(
            operation="GET /webhook-endpoints",
            checks={"no secret is listed": "body.length === 1 && body[0].secret === undefined"},
        ),
        Step(operation="GET /webhook-endpoints/{endpoint_id}"),
        Step(
            operation="POST /webhook-endpoints/{endpoint_id}/rotate",
            checks={"the secret is another": 'body.secret !== get("webhook_secret")'},
        ),
        Step(operation="POST /webhook-endpoints/{endpoint_id}/test", status=(202,)),
        Step(
            operation="PATCH /webhook-endpoints/{endpoint_id}",
            title="Disable it",
            body={"enabled": False},
            checks={"it says why": 'body.disabled_reason === "user"'},
        ),
        Step(
            operation="GET /webhook-endpoints/{endpoint_id}/deliveries",
            saves={"delivery_id": "body[0].id"},
            checks={"what was waiting has failed": 'body[0].status === "failed"'},
        ),
        Step(operation="PATCH /webhook-endpoints/{endpoint_id}", title="Enable it again", body={"enabled": True}),
        Step(
            operation="POST /webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/replay",
            status=(202,),
            checks={"it is sent again": 'body.status === "pending"'},
        ),
        Step(operation="DELETE /webhook-endpoints/{endpoint_id}", status=(204,)),
    ),
)

RENEWAL: Final = Folder(
    name="Password and number",
    description="Both need further codes, so the first request waits: a number gets one code a minute.",
    steps=(
        Step(
            operation="POST /auth/forgot-password",
            before=wait("user", "other"),
            body={"mobile_number": "{{mobile_number}}"},
            saves={"otp": "body.otp"},
            checks=CODE_IN_RESPONSE,
        ),
        Step(
            operation="POST /auth/reset-password",
            body={"mobile_number": "{{mobile_number}}", "otp": "{{otp}}", "new_password": "{{new_password}}"},
        ),
        Step(
            operation="GET /user/me",
            title="The old tokens are void",
            status=(401,),
            checks={"it says why": 'body.code === "session_ended"'},
        ),
        Step(
            operation="POST /auth/login",
            body={"mobile_number": "{{mobile_number}}", "password": "{{new_password}}"},
            saves=TOKENS,
        ),
        Step(
            operation="POST /auth/change-number",
            title="The other user asks for a change of the number",
            token="other_access_token",
            body={"new_mobile_number": "{{new_mobile_number}}"},
            saves={"other_otp": "body.otp", "new_otp": "body.new_otp"},
            checks=CODE_IN_RESPONSE,
        ),
        Step(
            operation="POST /auth/change-number/confirm",
            token="other_access_token",
            body={"otp": "{{other_otp}}", "new_otp": "{{new_otp}}"},
        ),
        Step(
            operation="POST /auth/login",
            title="Sign in with the new number",
            body={"mobile_number": "{{new_mobile_number}}", "password": "{{password}}"},
            saves={"other_access_token": "body.access_token"},
        ),
    ),
)

AGAIN: Final = {"mobile_number": "{{mobile_number}}", "password": "{{new_password}}"}

END: Final = Folder(
    name="The end",
    description="Sign out, and erase both accounts.",
    steps=(
        Step(operation="DELETE /chatroom/{room_id}", status=(204,)),
        Step(operation="POST /auth/logout", status=(204,), body={"refresh_token": "{{refresh_token}}"}),
        Step(operation="POST /auth/login", title="Sign in again", body=AGAIN, saves=TOKENS),
        Step(operation="POST /auth/logout-all", status=(204,)),
        Step(operation="POST /auth/login", title="Sign in for the last time", body=AGAIN, saves=TOKENS),
        Step(operation="DELETE /user/me", status=(202,)),
        Step(
            operation="DELETE /user/me",
            title="Erase the other user's account",
            status=(202,),
            token="other_access_token",
        ),
    ),
)
