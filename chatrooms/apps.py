"""The chatrooms app."""

from django.apps import AppConfig


class ChatroomsConfig(AppConfig):
    name = "chatrooms"

    def ready(self) -> None:
        # They need the app registry.
        from accounts import personal_data  # noqa: PLC0415
        from accounts.personal_data import ErasureStep, Phase, RetentionStep  # noqa: PLC0415
        from accounts.statistics import register_source  # noqa: PLC0415
        from chatrooms import erasure, export, gauges, hidden_rooms, retention, statistics  # noqa: PLC0415
        from chatrooms.attachments import discarding  # noqa: PLC0415
        from chatrooms.attachments import personal_data as files_of_user  # noqa: PLC0415
        from chatrooms.models import File  # noqa: PLC0415
        from chatrooms.openai import chat_dialect, response_dialect  # noqa: PLC0415
        from chatrooms.streaming import dialects  # noqa: PLC0415
        from chatrooms.ui_messages import dialect as ui_dialect  # noqa: PLC0415

        dialects.register(chat_dialect.NAME, chat_dialect.ChatDialect)
        dialects.register(response_dialect.NAME, response_dialect.ResponseDialect)
        dialects.register(ui_dialect.NAME, ui_dialect.UiMessageDialect)
        gauges.register_all()
        register_source(statistics.daily_statistics)
        personal_data.register(
            export={
                "rooms": export.rooms,
                "external_ids": export.external_ids,
                "messages": export.messages,
                "revisions": export.revisions,
                "summaries": export.summaries,
                "files": files_of_user.files,
            },
            erase=[
                ErasureStep(Phase.REPLIES, "replies", erasure.end_replies),
                ErasureStep(Phase.CONTENT, "conversations", erasure.delete_conversations),
                ErasureStep(Phase.CONTENT, "files", files_of_user.delete_files),
                ErasureStep(Phase.CONTENT, "room lists", erasure.forget_lists),
            ],
            retain=[
                RetentionStep("Message", retention.outdated, delete=retention.delete),
                RetentionStep("Hidden room", hidden_rooms.outdated, delete=hidden_rooms.delete),
                RetentionStep("File", File.objects.outdated, delete=discarding.purge),
            ],
        )
