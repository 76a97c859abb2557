"""What tells one intent from another: one folder per kind, each can be deleted."""
