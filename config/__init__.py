"""The project: settings, and what every app may import."""
