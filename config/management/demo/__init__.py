"""What `manage.py seed_demo` makes: people with conversations of the last thirty days."""
