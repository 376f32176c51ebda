"""The chat page at `/`: a client of the public API, served as one HTML page with modules and styles beside it."""
