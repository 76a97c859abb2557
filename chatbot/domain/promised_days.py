"""Which day somebody means: «el viernes», «amanhã», «on the 15th», «en la quincena», «3 días». Pure.

Three languages are read at once: whoever writes in one borrows words of another, and no word means two days.
"""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange

from billing.domain.cycle import add_months, month_start
from customers.text import fold

# Short names only where they are no other word: «mar», «sat», «may» alone are.
WEEKDAYS = (
    "lunes|segunda(?: feira)?|monday|mon",
    "martes|terca(?: feira)?|tuesday|tues|tue",
    "miercoles|quarta(?: feira)?|wednesday|wed",
    "jueves|quinta(?: feira)?|thursday|thurs|thur|thu",
    "viernes|sexta(?: feira)?|friday|fri",
    "sabado|saturday",
    "domingo|sunday",
)
# «Segunda via» is an invoice again, «segunda quincena» half a month.
NO_WEEKDAY = r"(?! (?:via|vez|quincena|quinzena|factura|fatura|parcela|cuota|parte|semana|opcao|opcion|casa))"
MONTHS = (
    "enero|janeiro|january|jan", "febrero|fevereiro|february|feb", "marzo|marco|march", "abril|april|apr",
    "mayo|maio|may", "junio|junho|june|jun", "julio|julho|july|jul", "agosto|august|aug",
    "septiembre|setiembre|setembro|september|sept|sep", "octubre|outubro|october|oct",
    "noviembre|novembro|november|nov", "diciembre|dezembro|december|dec",
)  # fmt: skip
ANY_MONTH = "|".join(MONTHS)
NUMBERS = {
    "un": 1, "uno": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8,
    "nueve": 9, "diez": 10, "quince": 15, "um": 1, "uma": 1, "dois": 2, "duas": 2, "quatro": 4, "sete": 7, "oito": 8,
    "nove": 9, "dez": 10, "quinze": 15, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "fifteen": 15, "couple of": 2, "par de": 2,
}  # fmt: skip
COUNT = r"(\d{1,2}|" + "|".join(sorted(NUMBERS, key=len, reverse=True)) + ")"
NEXT_WEEK = re.compile(
    r"\b(?:proxima semana|semana (?:que (?:viene|vem|entra)|proxima|entrante|seguinte|siguiente)|(?:otra|outra) semana"
    r"|next week|week after)\b"
)
NEXT_MONTH = re.compile(
    r"\b(?:proximo mes|mes (?:que (?:viene|vem|entra)|proximo|entrante|seguinte|siguiente)|otro mes|next month)\b"
)
REFUSED = r"(?! (?:ya )?(?:no|nao|i can ?t|i cannot|i don ?t|i won ?t)\b)"
ONE_DAY = dt.timedelta(days=1)
A_WEEK = 7
SUNDAY = 6
QUINCENA = 15
LATEST = 31
HOURS = 24

YES = re.compile(
    r"\b(si|sip|ok|okey|vale|va|sale|dale|claro|acepto|confirmo|correcto|de acuerdo|esta bien|por favor"
    r"|sim|isso|aceito|pode ser|pode sim|combinado|fechado|ta bom|beleza|com certeza|de acordo|confirmado"
    r"|yes|yep|yeah|okay|sure|i accept|i agree|agreed|sounds good|go ahead|confirm|correct)\b"
)
NO = re.compile(
    r"\b(no|nel|nop|nope|nao|not|don\W?t|mejor no|ya no|cancela|cancelar|olvid(?:alo|elo)|esquec[ae]|deixa"
    r"|never ?mind|forget it)\b"
)


def says_yes(text: str) -> bool:
    """Whether a text agrees, and nothing in it disagrees."""
    return bool(YES.search(fold(text)) or "\U0001f44d" in text) and not says_no(text)


def says_no(text: str) -> bool:
    """Whether a text refuses."""
    return bool(NO.search(fold(text)))


def named_day(text: str, today: dt.date) -> dt.date | None:
    """The day a text names, from `today` on; None when it names none, or one that no month has."""
    said = " ".join(re.findall(r"[a-z0-9/]+", fold(text)))
    for read in (_dated, _near, _next_month, _weekday, _counted, _of_month, _next_week, _today):
        found = read(said, today)
        if found is not None:
            return found
    return None


def _dated(said: str, today: dt.date) -> dt.date | None:
    """28 de noviembre, 15 de dezembro, December 15th, the 15th of December, 28/11."""
    day = r"(\d{1,2}|primero|primeiro|first)(?:st|nd|rd|th)?"
    if match := re.search(rf"\b{day} (?:de |of )?({ANY_MONTH})\b", said):
        return _next_date(_number(match[1]), _month(match[2]), today)
    if match := re.search(rf"\b({ANY_MONTH}) (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?\b", said):
        return _next_date(int(match[2]), _month(match[1]), today)
    if match := re.search(r"\b(\d{1,2})/(\d{1,2})\b", said):
        first, second = int(match[1]), int(match[2])
        # The day comes first where we are; who writes 12/25 can only mean the other.
        return _next_date(first, second, today) or (_next_date(second, first, today) if second > 12 else None)
    return None


def _number(word: str) -> int:
    return int(word) if word.isdecimal() else 1


def _month(name: str) -> int:
    return next(number for number, names in enumerate(MONTHS, 1) if name in names.split("|"))


def _next_date(day: int, month: int, today: dt.date) -> dt.date | None:
    for year in (today.year, today.year + 1):
        try:
            found = dt.date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def _near(said: str, today: dt.date) -> dt.date | None:
    """Mañana, pasado mañana; «en la mañana» is an hour and no day, «mañana no puedo» is not that day."""
    if re.search(r"\b(?:pasado manana|depois de amanha|day after tomorrow)\b", said):
        return today + 2 * ONE_DAY
    if re.search(rf"(?<!la )\bmanana\b{REFUSED}|\b(?:amanha|tomorrow|tomorow|tmrw|tmr)\b{REFUSED}", said):
        return today + ONE_DAY
    return None


def _today(said: str, today: dt.date) -> dt.date | None:
    """Read last: «hoy no puedo, el viernes sí»."""
    words = "hoy|al rato|mas tarde|en la noche|esta noche|hoje|mais tarde|a noite|de noite|today|tonight|this evening"
    return today if re.search(rf"\b(?:{words})\b{REFUSED}", said) else None


def _next_month(said: str, today: dt.date) -> dt.date | None:
    """«El 5 del mes que viene», «mês que vem»; its first day where none is named."""
    if not NEXT_MONTH.search(said):
        return None
    month = add_months(month_start(today), 1)
    named = re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b", said)
    day = int(named[1]) if named else 1
    return month.replace(day=day) if 1 <= day <= monthrange(month.year, month.month)[1] else None


def _weekday(said: str, today: dt.date) -> dt.date | None:
    """The next one of that name, never today: who means today says so. «De la próxima semana»: of that week."""
    for index, names in enumerate(WEEKDAYS):
        if re.search(rf"\b(?:{names})\b{NO_WEEKDAY}", said):
            if NEXT_WEEK.search(said):
                return today + (A_WEEK - today.weekday() + index) * ONE_DAY
            return today + ((index - today.weekday() - 1) % A_WEEK + 1) * ONE_DAY
    if re.search(r"\b(?:fin de semana|fim de semana|finde|weekend)\b", said):
        return today + (SUNDAY - today.weekday()) * ONE_DAY
    return None


def _counted(said: str, today: dt.date) -> dt.date | None:
    """3 días, daqui a três dias, in two weeks, 48 horas; not «hace 3 días», «3 days ago»."""
    past = r"(?<!hace )(?<!faz )(?<!ha )(?<!last )(?<!desde )"
    not_ago = r"(?! (?:ago|atras|seguidos|sem|sin|without))"
    if match := re.search(rf"{past}\b{COUNT} (dias?|days?|semanas?|weeks?){not_ago}\b", said):
        count = NUMBERS.get(match[1]) or int(match[1])
        return today + count * (ONE_DAY if match[2][0] == "d" else A_WEEK * ONE_DAY)
    if match := re.search(rf"{past}\b(\d{{1,2}}) (?:horas?|hours?|hrs?){not_ago}\b", said):
        return today + int(match[1]) // HOURS * ONE_DAY
    return None


def _next_week(said: str, today: dt.date) -> dt.date | None:
    return today + A_WEEK * ONE_DAY if NEXT_WEEK.search(said) else None


def _of_month(said: str, today: dt.date) -> dt.date | None:
    """El 28, el día 3, até o dia 15, the 15th; the quincena and the end of the month."""
    last = today.replace(day=monthrange(today.year, today.month)[1])
    if re.search(r"\bquin[cz]ena\b", said):
        return today.replace(day=QUINCENA) if today.day < QUINCENA else last
    if re.search(r"\b(?:fin(?:es|al)?|fim) d(?:e|el|o) mes\b|\b(?:end of (?:the |this )?month|month end)\b", said):
        return last
    no_day = (
        r"(?! (?:de|pesos|mil|meses|horas|hrs?|dias|days|weeks|semanas|months|hours|reais|dolares|dollars|bucks|am|pm"
        r"|mb|megas?|por ciento|percent)\b)"
    )
    day = r"(\d{1,2})"
    match = re.search(rf"\b(?:el|dia|the|by|on|ate) {day}(?:st|nd|rd|th)?\b{no_day}", said) or re.search(
        rf"\b{day}(?:st|nd|rd|th)\b", said
    )
    if match is None and re.search(r"\b(?:dia primero|dia primeiro|el primero|the first of the month)\b", said):
        return add_months(month_start(today), 1) if today.day > 1 else today
    if match is None or not 1 <= int(match[1]) <= LATEST:
        return None
    number = int(match[1])
    for month in (month_start(today), add_months(month_start(today), 1)):
        if number <= monthrange(month.year, month.month)[1] and month.replace(day=number) >= today:
            return month.replace(day=number)
    return None
