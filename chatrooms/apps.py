"""The chatrooms app."""

from django.apps import AppConfig


class ChatroomsConfig(AppConfig):
    """Rooms, messages and the replies to them."""

    name = "chatrooms"

    def ready(self) -> None:
        """Register what of an account lies here, for its erasure, its export, its end by age, and the desk's charts."""
        from accounts import statistics as days  # noqa: PLC0415
        from accounts.personal_data import export as account  # noqa: PLC0415  they need the app registry
        from accounts.personal_data import retention as kept  # noqa: PLC0415
        from accounts.personal_data.erasure import Phase, register  # noqa: PLC0415
        from chatrooms import erasure, export, metrics, retention, statistics  # noqa: PLC0415

        metrics.register_all()
        register(Phase.REPLIES, "replies", erasure.end_replies)
        register(Phase.CONTENT, "conversations", erasure.delete_conversations)
        register(Phase.CONTENT, "room lists", erasure.forget_lists)
        for section in ("rooms", "messages", "revisions", "summaries"):
            account.register(section, getattr(export, section))
        days.register(statistics.figures)
        kept.register("Message", retention.outdated, delete=retention.delete)
