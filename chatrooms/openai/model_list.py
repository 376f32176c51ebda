"""`GET /v1/models`, and one of them."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys.scopes import key_scope
from accounts.models import Scope
from chatrooms.openai import schema
from chatrooms.openai.views import OpenAIView, check_model, models_of

CREATED = 0
"""When a model was made is not known here."""


class ModelListView(OpenAIView):
    @key_scope(Scope.MESSAGES_WRITE)
    @schema.operation("listModels", summary="List the models", responses=schema.MODELS)
    def get(self, request: Request) -> Response:
        """The models of your tier, and of the API key, in OpenAI's dialect; the usual one first."""
        return Response({"object": "list", "data": [_shown(name) for name in models_of(request)]})


class ModelView(OpenAIView):
    @key_scope(Scope.MESSAGES_WRITE)
    @schema.operation("retrieveModel", summary="Get a model", responses=schema.MODEL)
    def get(self, request: Request, model: str) -> Response:
        """One of them."""
        check_model(request, model)
        return Response(_shown(model))


def _shown(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "kuvaka"}
