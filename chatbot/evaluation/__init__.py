"""Measuring an engine on labelled sentences, one JSON object a line: {"lang", "intent", "text"}.

`es.jsonl` is ours: the rules were written with it. `held_*.jsonl` were written by others and never read by the
authors of the rules: look at their sums, not at their lines.
"""

from pathlib import Path

SETS = Path(__file__).parent
