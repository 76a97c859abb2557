"""The engine that needs nobody: patterns of words, read as people write them on a phone."""
