"""The project: settings, and what every app may import."""

from typing import Final

VERSION: Final = "1.0.0"
"""What the contract and traces call this version; pyproject.toml has it too."""
