"""What a model may say: its words are checked before anybody hears them. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from customers.text import fold

RUN_OF_RULES, RUN_OF_PERSONA = 8, 20  # words in a row that stand in the instructions
MONEY = re.compile(
    r"(?:[$€]|\b(?:mxn|usd|cop|ars|clp|pen|brl|gtq)\b|r\$|s/\.?)\s*(\d[\d.,]*)"
    r"|(\d[\d.,]*)\s*(?:pesos|dolares|soles|reais|reales|quetzales|euros|mxn|usd|cop|ars|clp|pen|brl|gtq)\b"
)
NUMBER = re.compile(r"\d[\d.,]*")
LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){7,}")
ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]+")
BACK = re.compile(
    r"\b(?:reconect|reactiv|restablec|reestablec|relig|reconnect|restor)\w*"
    r"|\b(?:liber|desbloque|habilit|unblock|unlock|enabled)\w*\b.*\b(?:servic|internet|line|sinal|senal|conex)\w*"
    r"|\b(?:ya|pronto|hoy|en \d+ minutos?|soon|em breve)\b.*"
    r"\b(?:vuelve|volvera|regresa|tendra|volta|voltara|back)\b.*\b(?:servic|internet|sinal|senal|conex|line|online)\w*"
)
# Words that make a condition of it: once it is paid and confirmed.
IF_PAID = re.compile(r"\b(?:cuando|en cuanto|una vez|despues|al confirmar|si |once|after|when|quando|assim que|depois)")
BROKEN = (
    re.compile(
        r"\b(?:condon|perdo|cancel|elimin|waiv|forgiv|write off)\w*\s+(?:a\s+)?(?:su|tu|la|el|sua|your|the)\s+"
        r"(?:deuda|adeudo|factura|divida|fatura|debt|bill|invoice)"
    ),
    re.compile(
        r"\b(?:deuda|adeudo|factura|divida|fatura|debt|bill)\b.*\b(?:cancelad|perdonad|condonad|perdoad|waived)\w*"
    ),
    re.compile(
        r"\b(?:descuento|desconto|discount)\s+(?:de|del|of)\s+\d|\d+ ?% (?:de\s+)?(?:descuento|desconto|off|disc)"
    ),
    re.compile(r"\bmes(?:es)? gratis\b|\bfree months?\b|\bquedan? al corriente\b"),
    re.compile(
        r"\b(?:su|seu|your) (?:pago|pagamento|payment) (?:esta|foi|ha sido|is|was) (?:confirm|aprob|aprov|approv)\w*"
    ),
)
# Whoever speaks of these speaks of what it was told, or gives a name of ours away.
INSIDE = re.compile(
    r"\b(?:mis|minhas|my|estas|these are|as) (?:instruc\w+|reglas internas|regras internas|rules|instructions)\b"
    r"|\b(?:system prompt|prompt (?:de|do|del) sistema|mensaje de sistema|system message)\b"
)
ENCODED = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")


def why_unsaid(text: str, *, rules: str, persona: str, sources: Iterable[str]) -> str:
    """Return why these words must not be said; empty when they may.

    `sources` is what the model was told: figures, addresses and account numbers may come from there alone.
    """
    known = "\n".join([persona, *sources])
    if _tells_inside(text, rules, persona, known):
        return _("El modelo repetía sus instrucciones.")
    if not _amounts(text) <= _amounts(known) | {_number(found) for found in NUMBER.findall(persona)}:
        return _("El modelo dijo un importe que no está en la cuenta.")
    if not _long_numbers(text, known) or not all(url.rstrip(".,;:") in known for url in ADDRESS.findall(text)):
        return _("El modelo dijo una dirección o un número que no se le dio.")
    if _promises(fold(text), fold(known)):
        return _("El modelo prometía lo que nadie le dejó prometer.")
    return ""


def _tells_inside(text: str, rules: str, persona: str, known: str) -> bool:
    """Say whether a text holds its instructions, as they are, backwards or encoded; or speaks of them or its tools."""
    for said in (text, text[::-1], *_decoded(text)):
        if _shares_run(said, rules, RUN_OF_RULES) or _shares_run(said, persona, RUN_OF_PERSONA):
            return True
    names = {word for word in re.findall(r"[a-z]+(?:_[a-z]+)+", text.lower()) if word not in known}
    return bool(names) or (bool(INSIDE.search(fold(text))) and not INSIDE.search(fold(known)))


def _decoded(text: str) -> Iterable[str]:
    for found in ENCODED.findall("".join(text.split())):
        try:
            yield base64.b64decode(found + "=" * (-len(found) % 4)).decode(errors="ignore")
        except ValueError:
            continue


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))


def _shares_run(text: str, secret: str, length: int) -> bool:
    said = f" {' '.join(_words(text))} "
    words = _words(secret)
    return any(f" {' '.join(words[i : i + length])} " in said for i in range(len(words) - length + 1))


def _amounts(text: str) -> set[Decimal]:
    return {_number(before or after) for before, after in MONEY.findall(fold(text))}


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
    told = re.sub(r"[ -]", "", known)
    return all(re.sub(r"[ -]", "", found) in told for found in LONG_NUMBER.findall(text))


def _promises(text: str, known: str) -> bool:
    for sentence in re.split(r"[.!?\n]+", text):
        if BACK.search(sentence) and not IF_PAID.search(sentence) and sentence.strip() not in known:
            return True
        if any(pattern.search(sentence) for pattern in BROKEN) and sentence.strip() not in known:
            return True
    return False
