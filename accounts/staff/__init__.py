"""Staff: their roles, the record of their actions, their second factor, and the lock after failed sign-ins."""
