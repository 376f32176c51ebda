"""What is kept about a user: its erasure, its export, and how long it is kept."""

from accounts.personal_data.registry import ErasureStep, Phase, RetentionStep, register

__all__ = ["ErasureStep", "Phase", "RetentionStep", "register"]
