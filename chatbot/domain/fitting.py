"""Words as a bot may say them: without pictures where it has none, ending at a sentence that fits."""

from __future__ import annotations

import re

from chatbot.models import Bot

# Pictures as people type them, with what joins and colours them, and signs or figures that are drawn as one. Plain
# signs such as ° or © stay.
_JOINS = "\ufe0f\u200d\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
_EMOJI = (
    "(?:[\U0001f000-\U0001faff\u231a-\u23ff\u25fb-\u27bf\u2934\u2935\u2b00-\u2bff]|[0-9#*]\ufe0f?\u20e3|.\ufe0f)"
    f"[{_JOINS}]*"
)
_WITH_SPACE = re.compile(rf"[ \t]*(?:{_EMOJI}[ \t]*)+")
_BEFORE_STOP = re.compile(r" +(?=[.,;:!?\n]|$)")
_SENTENCE_END = re.compile(r"[.!?…](?=\s)|(?=\n)")


def fit_text(text: str, *, bot: Bot) -> str:
    """Return the words as the bot may say them: without emoji where it has none, ending at a sentence that fits."""
    if not bot.emoji:
        text = _BEFORE_STOP.sub("", _WITH_SPACE.sub(" ", text)).strip()
    return cut_at_sentence(text, bot.answer_length)


def cut_at_sentence(text: str, most: int) -> str:
    """Return the whole sentences that fit in `most` letters; where none does, the words that do and «…»."""
    if len(text) <= most:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, most + 1) if 0 < found.end() <= most]
    if ends and text[: ends[-1]].strip():
        return text[: ends[-1]].rstrip()
    words = text[: most - 1]
    return (words.rpartition(" ")[0] or words).rstrip(" ,;:") + "…"
