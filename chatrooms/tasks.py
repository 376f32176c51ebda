"""What workers do for chatrooms."""

from celery import shared_task

from chatrooms.replies import lifecycle, reaper, titles_and_summaries
from chatrooms.replies.generation import generate


@shared_task(ignore_result=True)
def answer(reply_id: int) -> None:
    """Answer one reply, if it may be taken now; its row is the outcome."""
    claimed = lifecycle.claim(reply_id=reply_id)
    if claimed:
        reply, tier = claimed
        generate(reply=reply, tier=tier)


@shared_task(ignore_result=True)
def name_room(room_id: int) -> None:
    """Give a room a name by what was said in it, if its user has given it none."""
    titles_and_summaries.name_room(room_id=room_id)


@shared_task(ignore_result=True)
def summarise_room(room_id: int) -> None:
    """Summarise the oldest turns of a long room."""
    titles_and_summaries.summarise(room_id=room_id)


@shared_task
def reap() -> dict[str, int]:
    """Take replies from dead workers and publish again what was not taken; how many of each."""
    lost, published = reaper.reap()
    return {"lost": lost, "published": published}
