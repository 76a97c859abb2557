"""The phone for trying things: a channel that needs no account and reaches nobody."""
