"""Paper: what every document is set with, whoever sends it."""
