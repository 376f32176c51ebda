"""What the endpoints in OpenAI's dialect share."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.current_user import current_key
from billing.models import Tier
from chatrooms.limits import tier_of_request
from chatrooms.openai.errors import UnknownModel, response_for
from config.http.parsers import LargeJSONParser
from config.http.problems import problem_of


class OpenAIView(APIView):
    """A view whose errors have OpenAI's shape."""

    parser_classes = (LargeJSONParser,)

    def handle_exception(self, exc: Exception) -> Any:
        """Render an error as OpenAI does."""
        response: HttpResponse = response_for(problem_of(exc))
        return response


def models_of(request: Request) -> list[str]:
    """The models that may reply to a request, the usual one first."""
    tier: Tier = tier_of_request(request)
    key = current_key(request)
    return key.allowed_models(tier.allowed_models) if key else list(tier.allowed_models)


def check_model(request: Request, name: str) -> None:
    """Refuse a model that may not reply to a request.

    Raises:
        UnknownModel: it may not, or there is none of this name.
    """
    if name not in (known := models_of(request)):
        raise UnknownModel(f"You have {', '.join(known) or 'none'}.")


def usual_model(request: Request) -> str:
    """The model for a request that names none.

    Raises:
        UnknownModel: none may reply to it.
    """
    for name in models_of(request):
        return name
    raise UnknownModel("You have none.")
