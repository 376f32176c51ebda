"""English, with the day first and the clock of 24 hours (UTC)."""

DATE_FORMAT = "d M Y"
DATETIME_FORMAT = "d M Y, H:i"
