"""The steps of the Postman tour in OpenAI's dialect."""

from typing import Final

from config.dev.postman_steps import Folder, Step

OPENAI: Final = Folder(
    name="OpenAI's dialect",
    description="For programs that speak to OpenAI: the replies come from the process that streams, by a redirect.",
    steps=(
        Step(operation="GET /v1/models", saves={"model": "body.data[0].id"}),
        Step(operation="GET /v1/models/{model}"),
        Step(
            operation="POST /v1/chat/completions",
            status=(303,),
            follows=False,
            body={"model": "{{model}}"},
            checks={"there is a reply": 'pm.response.headers.get("Location").includes("/v1/live/")'},
        ),
        Step(
            operation="POST /v1/responses",
            body={"background": True},
            saves={"response_id": "body.id"},
            checks={"it is queued": 'body.status === "queued"'},
        ),
        Step(operation="GET /v1/responses/{response_id}"),
        Step(operation="POST /v1/responses/{response_id}/cancel", status=(200, 409)),
        Step(operation="DELETE /v1/responses/{response_id}", checks={"it is deleted": "body.deleted === true"}),
    ),
)
