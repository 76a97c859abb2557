"""Pictures strangers send: opened in a process of their own, so that a bomb hurts nobody."""
