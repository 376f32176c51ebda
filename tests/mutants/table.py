"""All breaks."""

from tests.mutants import Break, accounts, billing, chatrooms, config, desk, gemini

PARTS: dict[str, tuple[Break, ...]] = {
    part.__name__.rpartition(".")[2]: part.BREAKS for part in (accounts, billing, chatrooms, config, desk, gemini)
}
