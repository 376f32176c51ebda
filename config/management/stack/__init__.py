"""The checks of `manage.py check_stack`: one function per part, which reports its findings and how to fix them."""
