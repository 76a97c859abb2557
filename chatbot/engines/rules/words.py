"""From what people type to words that can be compared: «Kuanto devo?? 😅» reads like «cuánto debo»."""

from __future__ import annotations

import re
from functools import lru_cache

from customers.text import fold

# What is written short. Values may be several words.
SHORT = {
    "q": "que",
    "k": "que",
    "ke": "que",
    "x": "por",
    "xq": "por que",
    "pq": "por que",
    "porq": "por que",
    "porque": "por que",
    "d": "de",
    "dnd": "donde",
    "bn": "bien",
    "tb": "tambien",
    "tmb": "tambien",
    "grax": "gracias",
    "grs": "gracias",
    "okey": "ok",
    "oki": "ok",
    "okis": "ok",
    "okok": "ok",
    "oks": "ok",
    "wi": "wifi",
    "fi": "wifi",
    "pls": "por favor",
    "porfa": "por favor",
    "msj": "mensaje",
    # The number of a Mexican account sounds like a password.
    "clabe": "cuenta interbancaria",
    "info": "informacion",
    "tel": "telefono",
    "bnas": "buenas",
    "bns": "buenas",
    "hla": "hola",
    "mnn": "manana",
    "vc": "voce",
    "vcs": "voces",
    "tbm": "tambem",
    "obg": "obrigado",
    "vlw": "valeu",
    "pfv": "por favor",
    "pf": "por favor",
    "qto": "quanto",
    "qnto": "quanto",
    "qnd": "quando",
    "hj": "hoje",
    "blz": "beleza",
    "msm": "mesmo",
    "thx": "thanks",
    "ty": "thanks",
    "plz": "please",
    "u": "you",
    "ur": "your",
    "gonna": "going to",
    "wanna": "want to",
}
THUMBS = re.compile(r"[\U0001F44D\U0001F44C\U0001F64F✅✔]")
LONGEST = 60  # words read of one text; who writes more is answered by what comes first

_SOUNDS = (
    (re.compile(r"qu(?=[ei])|q"), "k"),
    (re.compile(r"gu(?=[ei])"), "g#"),
    (re.compile(r"g(?=[ei])"), "j"),
    (re.compile(r"#"), ""),
    (re.compile(r"ch"), "&"),
    (re.compile(r"c(?=[ei])|z"), "s"),
    (re.compile(r"c"), "k"),
    (re.compile(r"v|w"), "b"),
    (re.compile(r"h"), ""),
    (re.compile(r"ll"), "y"),
    (re.compile(r"&"), "ch"),
    (re.compile(r"(.)\1+"), r"\1"),
)


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """Return how a folded Spanish word sounds: «devo» and «debo», «ola» and «hola» are one."""
    for pattern, replacement in _SOUNDS:
        word = pattern.sub(replacement, word)
    return word


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded, with what is written short written out. A thumb up is «ok»."""
    spoken = THUMBS.sub(" ok ", text)
    found: list[str] = []
    for word in re.findall(r"[a-z0-9]+", fold(spoken)):
        plain = re.sub(r"(.)\1{2,}", r"\1", word)
        found.extend(SHORT.get(plain, plain).split())
        if len(found) >= LONGEST:
            break
    return found[:LONGEST]


def is_near(one: str, other: str) -> bool:
    """Say whether two words differ by one slip: a letter more, less, changed, or two swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    return (len(left) <= 1 and len(right) <= 1) or (len(left) == 2 and left == right[::-1])
