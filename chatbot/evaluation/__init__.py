"""Labelled sentences, one JSON object a line: {"lang", "intent", "text"}. Ours: the rules were written with them."""
