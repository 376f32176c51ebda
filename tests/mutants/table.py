"""All breaks."""

from tests.mutants import Break, accounts, admin, attachments, billing, chatrooms, config, gemini

PARTS: dict[str, tuple[Break, ...]] = {
    part.__name__.rpartition(".")[2]: part.BREAKS
    for part in (accounts, admin, attachments, billing, chatrooms, config, gemini)
}
