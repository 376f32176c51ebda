"""Which models may reply to an API key."""

from accounts.models import ApiKey
from billing.models import Tier
from chatrooms.exceptions import ModelNotAllowed
from chatrooms.models import Chatroom
from chatrooms.replies.context import model_of


def check(api_key: ApiKey | None, *, room_id: int, tier: Tier, model: str = "") -> None:
    """Check that the model that would reply in a room is one of the key's; call it with the user's row locked.

    `model` is the one that is asked for in place of the room's.

    Raises:
        ModelNotAllowed: it is not; `models` lists those that the key may use.
    """
    if api_key is None or api_key.model_names is None:
        return
    allowed = api_key.allowed_models(tier.allowed_models)
    if model_of(model or Chatroom.objects.get(pk=room_id).model, tier=tier) not in allowed:
        raise ModelNotAllowed(models=allowed)
