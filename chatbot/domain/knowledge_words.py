"""The words of a question that say what it is about, and how alike two words are."""

from __future__ import annotations

import re
from functools import lru_cache

from customers.text import fold

_AROUND = """
a al algo alguien algun alguna ante aqui asi aun buen buena buenas buenos bueno cada como con cual cuales cualquier
cuando cuanta cuantas cuanto cuantos da dan de decir deme del dia dias dice digame disculpa disculpe donde e el
ella ellos en entonces era eres es esa ese eso esta estan estar este esto estoy favor fue gracias gustaria ha
haber hacer hacen hago han hasta hay hola informacion informes ir la las le les lo los mas me mi mis mucho muy
nada necesito ni no nos nosotros o oiga ok osea para pero por porfa porfavor porque pregunta puede pueden puedo
pues que quiero quien quienes quisiera saber se seria ser si sin sobre solo son soy su sus tal tambien tardes te
tener tengo tiene tienen todo todos tu tus un una unas unos usted ustedes va van ver voy y ya yo noches hoy
manejan ofrecen podria podrian podemos tenemos hacemos debo sera tan desde ahi alla manana
as ao aos boa bom com da das do dos em isso meu minha na nas nao nos oi ola onde ou para pelo pode posso pra qual
quais quanto quero sao sem sim tem tenho um uma vcs voce voces gostaria obrigado obrigada tarde noite
am an and any are at be by can could do does for from get have hello hey hi how i if in is it its me much my of on
or please the there thanks this to want we what when where which who why will with would you your
"""
# What is said around a question, in the three languages; it tells nothing of what is asked. Folded.
SAID_AROUND = frozenset(_AROUND.split())
# So common here that matching one of them alone proves nothing.
COMMON = frozenset({"internet", "servicio", "precio", "plan", "casa", "wifi", "red", "linea", "mes", "pago", "pagar"})
# Words that people use for the same thing, by how they begin once folded.
ALIKE = {
    "cuesta": "precio",
    "cuestan": "precio",
    "costo": "precio",
    "costos": "precio",
    "custa": "precio",
    "preco": "precio",
    "vale": "precio",
    "valen": "precio",
    "price": "precio",
    "cost": "precio",
    "servico": "servicio",
    "service": "servicio",
    "abren": "horario",
    "abierto": "horario",
    "cierran": "horario",
    "atienden": "horario",
    "hora": "horario",
    "horas": "horario",
    "hours": "horario",
    "ubicados": "direccion",
    "ubicado": "direccion",
    "ubicacion": "direccion",
    "address": "direccion",
    "endereco": "direccion",
    "oficinas": "oficina",
    "sucursal": "oficina",
    "sucursales": "oficina",
    "local": "oficina",
}
_WORD = re.compile(r"[a-z0-9]+")
SHORTEST = 3
MOST = 12  # words of a question that are looked for
LIGHT = 0.4
MISTYPED = 5  # letters from which a word is taken for another one mistyped


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared, in their order: folded, singular, one for each meaning."""
    found = (_one(word) for word in _WORD.findall(fold(text)) if word not in SAID_AROUND)
    return [word for word in found if len(word) >= SHORTEST or word.isdecimal()]


def asked_words(text: str) -> list[str]:
    """Return the words a question is about, each once, the first ones."""
    return list(dict.fromkeys(words_of(text)))[:MOST]


def weight_of(word: str) -> float:
    """Say how much a word tells of what is asked."""
    return LIGHT if word in COMMON else 1.0


@lru_cache(maxsize=16_384)  # the words of a question meet the same words in every passage
def likeness(asked: str, written: str) -> float:
    """Return 1.0 for the same word, less for one mistyped or another form of it, 0 for another word."""
    if asked == written:
        return 1.0
    if asked.isdecimal() or written.isdecimal() or min(len(asked), len(written)) < 4:
        return 0.0
    shorter, longer = sorted((asked, written), key=len)
    # «instalan», «instalacion», «instalar»: the same beginning, and little after it.
    same = next((n for n, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if same >= 5 and same >= len(shorter) - 2 and len(longer) - same <= 5:
        return 0.9
    allowed = 1 if len(shorter) < 8 else 2
    # One wrong letter in a word of four makes another word: «pago», «lago».
    # Who mistypes a word gets its first letter or its last right.
    if (
        len(shorter) < MISTYPED
        or len(longer) - len(shorter) > allowed
        or (asked[0] != written[0] and asked[-1] != written[-1])
    ):
        return 0.0
    return 0.85 if _distance(asked, written) <= allowed else 0.0


def _one(word: str) -> str:
    if word in ALIKE:
        return ALIKE[word]
    if len(word) > 5 and word.endswith("es") and word[-3] not in "aeiou":
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return ALIKE.get(word, word)


def _distance(one: str, other: str) -> int:
    """Return how many letters were missed, added, changed or swapped."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
