"""The desk: Django's admin for the staff, with a second factor. It imports every app, and nobody imports it."""
