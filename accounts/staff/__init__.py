"""The staff: their roles, what they did, their second factor, and the lock on their sign-in."""
