"""What a model may say: its words are checked before anybody hears them. Pure."""

from __future__ import annotations

import base64
import codecs
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from chatbot.domain.promising import promises
from customers.text import fold

MOST = 3000  # letters that are looked at, twice as many as an answer may have: who says more is not heard out
RUN_OF_RULES, RUN_OF_PERSONA = 8, 20  # words in a row that stand in the instructions
MONEY = re.compile(
    r"(?:[$€]|\b(?:mxn|usd|cop|ars|clp|pen|brl|gtq)\b|r\$|s/\.?)\s*(\d[\d.,]*)"
    r"|(\d[\d.,]*)\s*(?:pesos|dolares|soles|reais|reales|quetzales|euros|mxn|usd|cop|ars|clp|pen|brl|gtq)\b"
)
NUMBER = re.compile(r"\d[\d.,]*")
# With two decimals, or said to be owed, it is money without a sign too; hours and speeds are not.
BARE_MONEY = re.compile(
    r"(?<![\d.,])(\d[\d.,]*[.,]\d{2})(?![\d.,]*\d)(?!\s*(?:h|hrs|am|pm|a ?m|p ?m|mb\w*|%))"
    r"|\b(?:debe|deve|owe)\s+(?:solo |apenas |only |just )?(\d[\d.,]*)\b(?! (?:factur|fatur|invoice|mes|month|dia|day))"
)
LONG_NUMBER = re.compile(r"\d(?:[ .-]?\d){7,}")
# Written out, or as people write them: a phone makes a link of those too.
ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]+"
    r"|\b[a-z0-9][a-z0-9.-]{0,80}\.(?:com|net|org|info|xyz|app|shop|site|online|link|page|io|ly|gl|gg|to|me|top|"
    r"club|store|example|mx|br|ar|cl|pe|uy|py|bo|ec|ve|gt|hn|ni|cr|pa|do|es|us)\b(?:/[^\s<>\"')\]]*)?",
    re.IGNORECASE,
)
# Whoever speaks of these speaks of what it was told, or gives a name of ours away.
INSIDE = re.compile(
    r"\b(?:mis|minhas|my|estas|these are|as) (?:instruc\w+|reglas internas|regras internas|rules|instructions)\b"
    r"|\b(?:system prompt|prompt (?:de|do|del) sistema|mensaje de sistema|system message)\b"
)
ENCODED = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
HEX = re.compile(r"(?:[0-9a-f]{2}){16,}", re.IGNORECASE)
# A program's text and no answer: JSON, marks of a dialogue's roles, thoughts that were not meant for anybody.
MARKS = re.compile(r"\*\*|__|^#{1,6} ", re.MULTILINE)
MACHINE = re.compile(r"^\s*[\[{<]|</?\w+>|<\||\btool_calls\b|\[/?INST\]|^\s*```", re.IGNORECASE)


def plain_text(text: str) -> str:
    """Return a model's words without Markdown's marks, which a phone shows as they are, and without their excess."""
    return re.sub(r"\n{3,}", "\n\n", MARKS.sub("", text)).strip()[:MOST]


def why_unsaid(text: str, *, rules: str, persona: str, sources: Iterable[str]) -> str:
    """Return why these words must not be said; empty when they may.

    `sources` is what the model was told: figures, addresses and account numbers may come from there alone.
    """
    known = "\n".join([persona, *sources])
    text = _visible(text)
    if MACHINE.search(text):
        return _("El modelo contestó algo que no se esperaba.")
    if _tells_inside(text, rules, persona, known):
        return _("El modelo repetía sus instrucciones.")
    if not _amounts(text) <= _amounts(known) | {_number(found) for found in NUMBER.findall(persona)}:
        return _("El modelo dijo un importe que no está en la cuenta.")
    if not _long_numbers(text, known) or not all(url.rstrip(".,;:") in known for url in ADDRESS.findall(text)):
        return _("El modelo dijo una dirección o un número que no se le dio.")
    if promises(text, known):
        return _("El modelo prometía lo que nadie le dejó prometer.")
    return ""


def _visible(text: str) -> str:
    """Return the letters that are seen: without the signs that have no width, each in its plain form."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c == "\n" or unicodedata.category(c) != "Cf")


def _tells_inside(text: str, rules: str, persona: str, known: str) -> bool:
    """Say whether a text holds its instructions, as they are, backwards or encoded; or speaks of them or its tools."""
    for said in (text, text[::-1], codecs.encode(text, "rot13"), *_decoded(text)):
        if _shares_run(said, rules, RUN_OF_RULES) or _shares_run(said, persona, RUN_OF_PERSONA):
            return True
    names = {word for word in re.findall(r"(?<![a-z])[a-z]+(?:_[a-z]+)+", text.lower()) if word not in known}
    return bool(names) or (bool(INSIDE.search(fold(text))) and not INSIDE.search(fold(known)))


def _decoded(text: str) -> Iterable[str]:
    for found in ENCODED.findall("".join(text.split())):
        try:
            yield base64.b64decode(found + "=" * (-len(found) % 4)).decode(errors="ignore")
        except ValueError:
            continue
    for found in HEX.findall("".join(text.split())):
        yield bytes.fromhex(found).decode(errors="ignore")


def _words(text: str) -> list[str]:
    """The words, without figures: those of a numbered list stand between them."""
    return re.findall(r"[^\W\d_]+", fold(text))


def _shares_run(text: str, secret: str, length: int) -> bool:
    """Say whether so many words of the secret follow each other, however far apart their letters are written."""
    said, words = "".join(_words(text)), _words(secret)
    return any("".join(words[i : i + length]) in said for i in range(len(words) - length + 1))


def _amounts(text: str) -> set[Decimal]:
    said = fold(text)
    return {_number(a or b) for pattern in (MONEY, BARE_MONEY) for a, b in pattern.findall(said)}


def _number(written: str) -> Decimal:
    """A figure as it is written anywhere: 1,250.00, 1.250,00, 1250."""
    written = written.strip(".,")
    whole, mark, rest = written, "", ""
    if found := re.fullmatch(r"(.*)([.,])(\d+)", written):
        whole, mark, rest = found.groups()
    if len(rest) == 3 and mark not in re.sub(r"\d", "", whole):
        return Decimal(re.sub(r"\D", "", written))
    if mark and mark in whole:
        return Decimal(re.sub(r"\D", "", written))
    return Decimal(f"{re.sub(r'[^0-9]', '', whole)}.{rest or 0}")


def _long_numbers(text: str, known: str) -> bool:
    told = re.sub(r"[ .-]", "", known)
    return all(re.sub(r"[ .-]", "", found) in told for found in LONG_NUMBER.findall(text))
