"""All breaks."""

from tests.mutants import (
    Break,
    accounts,
    admin,
    api_keys,
    attachments,
    billing,
    chatrooms,
    clients,
    config,
    gemini,
    openai_dialect,
    strangers,
    ui_messages,
    webhooks,
)

PARTS: dict[str, tuple[Break, ...]] = {
    part.__name__.rpartition(".")[2]: part.BREAKS
    for part in (
        *(accounts, admin, api_keys, attachments, billing, chatrooms, clients),
        *(config, gemini, openai_dialect, strangers, ui_messages, webhooks),
    )
}
