"""`/v1/responses`: create, retrieve, resume, cancel and delete."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys.scopes import key_scope
from accounts.current_user import current_key, current_user
from accounts.models import Scope
from chatrooms import conversation, deleting
from chatrooms.limits import SendLimit, tier_of_request
from chatrooms.models import Reply, Status
from chatrooms.openai import response_dialect, schema
from chatrooms.openai.accepting import Accepted, accept, redirect
from chatrooms.openai.continuing import place_of, response_of
from chatrooms.openai.errors import InvalidParameter
from chatrooms.openai.response_object import response_object, without_content
from chatrooms.openai.response_request import asked_by, parse, said_in
from chatrooms.openai.views import OpenAIView, check_model, models_of, usual_model
from chatrooms.replies.context import model_of

MAX_NUMBER = 2**53


class ResponseListView(OpenAIView):
    throttle_classes = (SendLimit,)

    @key_scope(Scope.MESSAGES_WRITE)
    @schema.operation("createResponse", summary="Create a response", **schema.CREATE_RESPONSE)
    def post(self, request: Request) -> Any:
        """Reply to a message, in OpenAI's dialect. docs/openai.md says which parameters there are."""
        given = dict(request.data)
        body = parse(given)
        if not body.model and not body.conversation_id:
            body.model = usual_model(request)
        if body.model:
            check_model(request, body.model)
        said = said_in(body)
        said.check_length(tier_of_request(request), param="input")

        def respond(accepted: Accepted) -> Any:
            reply = Reply.objects.select_related("room").get(pk=accepted.reply_id)
            if body.background and not body.stream:
                return Response(_shown(request, reply), headers=dict(accepted.headers))
            options = {"stream": body.stream, "model": _model_of(request, reply)}
            return redirect(request, accepted, dialect=response_dialect.NAME, options=options)

        return accept(
            request,
            route="response",
            said=said,
            asked=asked_by(body, said, metadata=given.get("metadata")),
            place=lambda asked: place_of(request, body, asked),
            respond=respond,
            status=status.HTTP_200_OK,
            param="previous_response_id" if body.previous_response_id else "input",
        )


class ResponseView(OpenAIView):
    @key_scope(Scope.ROOMS_READ)
    @schema.operation("retrieveResponse", summary="Get a response", **schema.RETRIEVE_RESPONSE)
    def get(self, request: Request, response_id: str) -> Any:
        """One response as it is now; with `stream=true` its events, after the one that you have."""
        is_streamed, after = _flag(request, "stream"), _number_after(request)
        reply = response_of(current_user(request).pk, response_id)
        if not is_streamed:
            return Response(_shown(request, reply))
        options = {"stream": True, "model": _model_of(request, reply), "after": after}
        accepted = Accepted(reply_id=reply.pk, headers={})
        return redirect(request, accepted, dialect=response_dialect.NAME, options=options)

    @key_scope(Scope.ROOMS_WRITE)
    @schema.operation("deleteResponse", summary="Delete a response", responses={200: schema.DELETED})
    def delete(self, request: Request, response_id: str) -> Response:
        """Delete it with its message; one that is being written ends."""
        user_id = current_user(request).pk
        reply = response_of(user_id, response_id)
        deleting.delete(user_id=user_id, message_id=reply.question.pk)
        return Response({"id": response_id, "object": "response", "deleted": True})


class CancelView(OpenAIView):
    @key_scope(Scope.MESSAGES_WRITE)
    @schema.operation("cancelResponse", summary="Cancel a response", request=None, responses=schema.RESPONSE)
    def post(self, request: Request, response_id: str) -> HttpResponse | Response:
        """Stop it; the text so far is kept. One that was cancelled already is returned as it is.

        A key that may not read rooms sees that it was cancelled, and not what anybody said.
        """
        user_id, key = current_user(request).pk, current_key(request)
        reply = response_of(user_id, response_id)
        if reply.status != Status.STOPPED:
            conversation.stop(user_id=user_id, message_id=reply.question.pk)
        shown = _shown(request, response_of(user_id, response_id))
        return Response(shown if key is None or key.may(Scope.ROOMS_READ) else without_content(shown))


def _shown(request: Request, reply: Reply) -> dict[str, Any]:
    return response_object(reply, model=_model_of(request, reply))


def _model_of(request: Request, reply: Reply) -> str:
    """The model that was asked for; else the room's, or the usual one."""
    wanted = (reply.asked or {}).get("model") or reply.room.model
    if wanted:
        return model_of(wanted, tier=tier_of_request(request))
    return next(iter(models_of(request)), "")


def _flag(request: Request, name: str) -> bool:
    try:
        return bool(serializers.BooleanField().run_validation(request.query_params.get(name, "false")))
    except serializers.ValidationError:
        raise InvalidParameter("true or false.", param=name) from None


def _number_after(request: Request) -> int:
    """The number of the last event that the client has; -1 for none."""
    name, given = "starting_after", request.query_params.get("starting_after")
    if given is None:
        name, given = "Last-Event-ID", request.headers.get("Last-Event-ID", "-1")
    if given == "-1" or (given.isascii() and given.isdecimal() and len(given) < 17 and int(given) < MAX_NUMBER):
        return int(given)
    raise InvalidParameter("The sequence number of an event.", param=name)
