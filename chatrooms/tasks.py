"""The Celery tasks of chatrooms."""

from celery import shared_task

from chatrooms.attachments import discarding
from chatrooms.replies import lifecycle, reaper, titles_and_summaries
from chatrooms.replies.generation import generate
from chatrooms.replies.publishing import GENERATE_REPLY


@shared_task(name=GENERATE_REPLY, ignore_result=True)
def generate_reply(reply_id: int) -> None:
    """Generate one reply, if it may start now; its row is the outcome."""
    claimed = lifecycle.claim(reply_id=reply_id)
    if claimed:
        reply, tier = claimed
        generate(reply=reply, tier=tier)


@shared_task(ignore_result=True)
def name_room(room_id: int) -> None:
    """Name a room after its first exchange, unless its user has named it."""
    titles_and_summaries.name_room(room_id=room_id)


@shared_task(ignore_result=True)
def summarise_room(room_id: int) -> None:
    """Summarise the oldest turns of a long room."""
    titles_and_summaries.summarise(room_id=room_id)


@shared_task
def reap() -> dict[str, int]:
    """Take replies from dead workers and publish again what no worker claimed; how many of each."""
    lost, published = reaper.reap()
    return {"lost": lost, "published": published}


@shared_task
def sweep_files() -> int:
    """Delete the files that lost their upload or their message, or never had one; how many."""
    return discarding.sweep()
