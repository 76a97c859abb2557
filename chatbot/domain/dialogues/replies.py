"""Reading an answer to a question: one of its options, a yes, a number, any words. Pure; three languages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatbot.domain.dialogues.base import NO, YES, Progress, Question, Reply, Value
from chatbot.domain.promised_days import says_no, says_yes
from chatbot.domain.situations import Option
from chatbot.engines.rules.words import words_of
from customers.text import fold

BRIEF = 6  # words of a yes that is nothing but a yes
LONGEST = 400  # letters kept of free words
# What may stand before and after the words that leave, and says nothing by itself.
BEFORE = (
    "no|nao|ok|bueno|bem|pues|entonces|ah|ay|oye|mira|sabe que|perdon|disculpe|desculpe|sorry|well|actually|sabes que"
    "|mejor|melhor|rather|quiero|prefiero|quisiera|quero|prefiro|i want|i d rather|let s|hablar de|preguntar|falar de"
    "|perguntar|to talk about|talk about|ask|fazer|hacer|tengo|tenho|i have|por favor|please"
)
AFTER = (
    "por favor|porfa|gracias|eso|todo|mejor|please|thanks?|thank you|obrigad[oa]|isso|ya|it|that|this|asi|assim"
    "|entonces|entao|then|now|ahora|agora|mas|mais|nada"
)
LEAVES = (
    "cancel(?:a|ar|alo|e|o|en|emos)?|olvid(?:alo|elo|a|ese)(?: de eso)?|salir|nada|ya no|no gracias|no quiero|mejor no"
    "|deja(?:lo|selo)?|dejelo|dejemoslo|dejala|ningun[oa]|(?:una |de )?otra (?:cosa|pregunta)|ya no quiero(?: eso)?"
    "|(?:mejor|no) (?:luego|despues|mas tarde)|en otro momento|cambie de (?:opinion|idea)"
    "|no (?:seguir|continuar|importa)|ya no importa|no quiero (?:seguir|continuar)|me arrepenti"
    "|esquec[ae]|deixa(?: pra la| para la| quieto)?|sair|(?:uma |de )?outra (?:coisa|pergunta)"
    "|nao quero|nao obrigad[oa]|agora nao|mudei de ideia|melhor (?:nao|depois)|nao importa"
    "|depois eu vejo|nao quero continuar"
    "|never ?mind|forget (?:it|that|this|about (?:it|that))|stop|quit|exit|(?:something|anything) else"
    "|another (?:thing|question)|no thanks?|no thank you|not now|not anymore|leave it|(?:i )?changed my mind"
    "|maybe later|i (?:do not|don t) want (?:to|it|that)(?: continue)?"
)
STOP = re.compile(rf"(?:(?:{BEFORE}) )*(?:{LEAVES})(?: (?:{AFTER}))*")
# Words that every answer may hold and no option is known by.
EMPTY = frozenset({
    "el", "la", "los", "las", "un", "una", "uno", "de", "del", "al", "en", "y", "o", "que", "quiero", "este", "esta",
    "ese", "esa", "opcion", "por", "favor", "mi", "para", "con", "es", "a", "os", "as", "um", "uma", "do", "da",
    "quero", "esse", "essa", "opcao", "meu", "minha", "no", "na", "e", "the", "one", "i", "want", "this", "that",
    "option", "please", "my", "to", "of", "is", "it", "me", "se",
})  # fmt: skip
# All that a yes or a no may be made of.
ASSENTING = frozenset({
    "si", "sip", "no", "ok", "vale", "va", "sale", "dale", "claro", "acepto", "confirmo", "confirmado", "correcto",
    "de", "acuerdo", "esta", "bien", "por", "favor", "gracias", "que", "asi", "es", "todo", "perfecto", "adelante",
    "sim", "nao", "isso", "aceito", "pode", "ser", "obrigado", "obrigada", "yes", "yep", "yeah", "sure", "i", "confirm",
    "correct", "right", "please", "thanks", "nope", "the", "change", "mejor",
})  # fmt: skip
ORDINALS = {
    "primero": 1, "primera": 1, "segundo": 2, "segunda": 2, "tercero": 3, "tercera": 3,
    "primeiro": 1, "primeira": 1, "terceiro": 3, "terceira": 3, "first": 1, "second": 2, "third": 3,
}  # fmt: skip


def wants_out(text: str) -> bool:
    """Say whether somebody stops here: «cancelar», «otra cosa», «never mind», and nothing besides."""
    said = " ".join(re.findall(r"[a-z0-9]+", fold(text)))
    return bool(STOP.fullmatch(said))


def read_option(_progress: Progress, question: Question, reply: Reply) -> Value | None:
    """Return the key of the option that was taken: by its words, its number, or what only it has of them."""
    return option_in(reply.text, question.options)


def is_exact(text: str, options: Sequence[Option]) -> bool:
    """Say whether words are an option's own, its number, or to a yes or no nothing but one."""
    if {option.key for option in options} == {YES, NO} and ASSENTING.issuperset(words_of(text)):
        return True
    return _named(text, options) is not None


def names_option(text: str, options: Sequence[Option]) -> bool:
    """Say whether words are an option's own or its number: «otra cosa» may be one."""
    return _named(text, options) is not None


def _named(text: str, options: Sequence[Option]) -> str | None:
    said = fold(text).strip(" .!¡¿?\n")
    for option in options:
        if said in {fold(option.title), fold(option.key)}:
            return option.key
    number = ORDINALS.get(said.split()[-1]) if said else None
    if number is None and (found := re.fullmatch(r"(?:la |el |o |a |opcion |opcao |option |#)?(\d{1,2})[.)]?", said)):
        number = int(found[1])
    return options[number - 1].key if number is not None and 1 <= number <= len(options) else None


def option_in(text: str, options: Sequence[Option]) -> str | None:
    """Return the key of the one option that words name; None when that is none or several."""
    if (named := _named(text, options)) is not None:
        return named
    if {option.key for option in options} == {YES, NO}:
        return read_assent(text)
    words = set(words_of(text)) - EMPTY
    scores = [(len(words & set(words_of(f"{o.title} {o.description}"))), o.key) for o in options]
    best = max(scores, default=(0, ""))
    return best[1] if best[0] and [score for score, _key in scores].count(best[0]) == 1 else None


def read_named_or_words(progress: Progress, question: Question, reply: Reply) -> Value | None:
    """Return the option that was taken as it stands, else the words as they are."""
    return _named(reply.text, question.options) or read_words(progress, question, reply)


def read_assent(text: str) -> str | None:
    """Return yes or no; None for what is neither, asks back, or says more than that."""
    if "?" in text or len(text.split()) > BRIEF:
        return None
    if says_no(text):
        return NO
    return YES if says_yes(text) else None


def read_words(_progress: Progress, _question: Question, reply: Reply) -> Value | None:
    """Return the words as they are, in one line; None without any."""
    return " ".join(reply.text.split())[:LONGEST] or None


def read_place(_progress: Progress, _question: Question, reply: Reply) -> Value | None:
    """Return an address in words, or the point that was sent: {"latitude", "longitude", "address"}."""
    if reply.place:
        named = [str(reply.place.get(name) or "") for name in ("name", "address")]
        point = {name: float(reply.place[name]) for name in ("latitude", "longitude")}
        return {**point, "address": ", ".join(part for part in named if part) or reply.text.strip()[:LONGEST]}
    return read_words(_progress, _question, reply)


def say_place(value: object) -> str:
    """Return a place as the staff reads it."""
    if not isinstance(value, dict):
        return str(value)
    point = f"https://maps.google.com/?q={value['latitude']},{value['longitude']}"
    return " ".join(part for part in (str(value.get("address") or ""), point) if part)
