"""The same sentence as others would have typed it: with slips, a greeting before it, a thank-you after it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from chatbot.engines.base import NONE
from chatbot.engines.rules.examples import Example
from chatbot.intents import ACKNOWLEDGED, GREETING, THANKS

SLIP_SHARE = 0.35  # of the words of a copy, when slips are made
SLIP_FROM = 4  # letters from which a word gets a slip
KEYS = {"a": "sq", "e": "wr", "i": "uo", "o": "ip", "u": "yi", "n": "mb", "s": "ad", "r": "et", "l": "k", "t": "ry"}

OPENINGS = {
    "es": (
        "hola",
        "hola buenas",
        "buenas tardes",
        "buenos dias",
        "buen dia",
        "buenas noches",
        "disculpe",
        "oiga",
        "oye",
        "hola buenas tardes",
        "una consulta",
        "una pregunta",
        "hola disculpe",
        "amigo",
        "por favor",
        "hola que tal",
        "buenas",
        "señorita",
        "joven",
        "mire",
        "estimados",
        "hola soy maria lopez",
    ),
    "pt": (
        "oi",
        "ola",
        "bom dia",
        "boa tarde",
        "boa noite",
        "oi bom dia",
        "oi boa tarde",
        "por favor",
        "amigo",
        "moça",
        "com licença",
        "uma duvida",
        "oi tudo bem",
        "opa",
        "gente",
        "olha",
        "entao",
        "oi aqui é a maria",
    ),
    "en": (
        "hi",
        "hello",
        "hey",
        "good morning",
        "good afternoon",
        "hi there",
        "excuse me",
        "please",
        "hey guys",
        "sorry",
        "quick question",
        "hello good evening",
        "hi team",
        "hello this is john",
        "so",
        "um",
    ),
}
CLOSINGS = {
    "es": (
        "por favor", "porfa", "gracias", "muchas gracias", "porfavor", "me urge", "quedo atento", "señorita", "joven",
        "ayuda", "si es tan amable", "de antemano gracias", "amigo", "es urgente", "jaja", "saludos", "pls",
    ),
    "pt": (
        "por favor", "obrigado", "obrigada", "pfv", "por gentileza", "é urgente", "me ajuda", "aguardo", "amigo",
        "valeu", "kkk", "moça", "desde ja agradeço",
    ),
    "en": (
        "please", "thanks", "thank you", "pls", "asap", "it is urgent", "help", "thanks in advance", "lol", "sir",
        "guys", "cheers",
    ),
}  # fmt: skip
ALONE = {GREETING, THANKS, ACKNOWLEDGED}  # more words would make something else of these


def vary(example: Example, rng: random.Random) -> Iterator[Example]:
    """Yield copies of an example: one with slips, and one in company where it stays what it is."""
    yield replace(example, text=with_slips(example.text, rng))
    if example.intent in ALONE or (example.intent == NONE and len(example.text.split()) < 3):
        return
    opening = rng.choice(OPENINGS[example.language]) if rng.random() < 0.7 else ""
    closing = rng.choice(CLOSINGS[example.language]) if rng.random() < 0.5 or not opening else ""
    text = with_slips(example.text, rng) if rng.random() < 0.3 else example.text
    yield replace(example, text=f"{opening} {text} {closing}".strip())


def with_slips(text: str, rng: random.Random) -> str:
    """Return a text with some of its longer words mistyped."""
    words = text.split()
    return " ".join(_slip(w, rng) if len(w) >= SLIP_FROM and rng.random() < SLIP_SHARE else w for w in words)


def _slip(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    near = KEYS.get(word[at].lower(), "")
    return word[:at] + (rng.choice(near) if near else word[at]) + word[at + 1 :]
