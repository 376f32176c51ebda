"""What `manage.py check_stack` looks at: one function for each part, which says what it found and what to do."""
