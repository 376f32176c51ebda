"""The admin site of staff, with a second factor. It imports every app, and no app imports it."""
