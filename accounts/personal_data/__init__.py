"""What is kept about a person: its erasure, its export, and how long it stays."""
