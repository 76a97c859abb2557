"""What a model must not promise or claim: the service is back, the debt is gone, more time, a gift. Pure.

Only what its own facts bear out may be said so: what is on is said to be on, who owes nothing owes nothing. Words
that make a condition of a payment are no promise. What is refused too much is answered by the rules, and that is all.
"""

from __future__ import annotations

import re

from customers.text import fold

_VERB = r"(?:reconect|reactiv|reativ|restablec|reestablec|restabelec|restaur|relig|reconnect|restor)\w*"
_LINE = r"(?:servic|internet|linea|line|sinal|senal|signal|conex|connection|wifi)\w*"
# Somebody brings it back, or it comes back at some time.
BACK = re.compile(
    rf"\b{_VERB}"
    rf"|\b(?:liber|desbloque|habilit|unblock|unlock|enabled|prend|encend|liguei)\w*\b.*\b{_LINE}"
    rf"|\b(?:ya|pronto|hoy|manana|en \d+ minutos?|en unos? \w+|soon|em breve|em \d+ minutos?)\b.*"
    rf"\b(?:vuelve|volvera|regresa|regreso|tendra|conectan|conectamos|volta|voltara|back)\b.*\b(?:{_LINE}|online|nuevo)"
    rf"|\b(?:tendra|vuelve|regresa|regreso)\w*\b.*\b{_LINE}\b.*\b(?:hoy|manana|minutos?|horas?|rato)\b"
    r"|\b(?:quit|levant|retir|remov|lift)\w*\b.*\b(?:corte|suspension|suspensao|bloqueo|bloqueio|block|cut)\b"
    rf"|\b(?:garantizo|aseguro|prometo|garanto|guarantee|promise)\b.*\b(?:conect\w*|{_LINE})"
    r"|\bturn(?:ed)? (?:\w+ ){0,3}(?:back )?on\b|\bswitch(?:ed)? (?:\w+ ){0,2}on\b"
)
# It is on: true where the account says that nothing is suspended.
IS_ON = re.compile(
    rf"\b{_LINE}.*\b(?:activ[oa]|activad[oa]|ativ[oa]|ativad[oa]|encendid[oa]|de vuelta|otra vez|de nuevo|de volta|"
    r"volvio|voltou|regreso|active|working|back)\b"
    rf"|\b(?:ya|ja) (?:(?:puede|pode) navegar|(?:tiene|hay|tem) {_LINE})"
    rf"|\b(?:active|activo|activamos|ativei|ativamos)\b.*\b{_LINE}"
)
_SEEN = r"(?:recib|receb|registr|aplic|confirm|aprob|aprov|acredit|proces|receiv|got|appli|record|post)\w*"
_PAYMENT = r"(?:su|tu|el|o|seu|your|the) (?:pago|pagamento|payment)\b"
PAYMENT_SEEN = re.compile(rf"\b{_SEEN}\s+(?:ya\s+)?{_PAYMENT}|\b{_PAYMENT}[^,;:]{{0,25}}\b(?:{_SEEN}|caiu)")
BY_PEOPLE = re.compile(r"\b(?:persona|alguien|equipo|pessoa|alguem|equipe|someone|person|team|comprob\w+|comprov\w+)\b")
NOTHING_OWED = re.compile(
    r"\b(?:no debe nada|(?:esta|queda|quedo|quedan) al corriente|sin (?:adeudo|deuda)s?|no tiene (?:adeudo|deuda)s?|"
    r"(?:saldo|deuda|adeudo)\b[^,;:]{0,20}\bceros?|nao deve nada|(?:esta|ficou) em dia|sem (?:divida|debito)s?|"
    r"owe nothing|(?:do not|don t) owe|no debt|all paid|paid up)\b"
)
NOT_CUT = re.compile(
    r"\b(?:no (?:se )?(?:le |lo |la |te )?(?:va a |van a |vamos a |voy a )?(?:cort|suspend)\w*|sin (?:ningun )?corte\b|"
    r"nao (?:vai|vamos|sera|vao) (?:ser )?(?:cort|suspen)\w*|(?:won t|will not) (?:be )?(?:cut|suspend)\w*)"
)
# A condition: once it is paid and confirmed. And what makes a fact of it all the same.
IF_PAID = re.compile(
    r"\b(?:cuando|en cuanto|una vez|despues|luego|al|si|tras|hasta|sin|para que|once|after|when|if|until|without|"
    r"quando|assim que|depois|apos|sem|ate|se (?:voce )?(?=pag))\b[^,;:]{0,60}"
    r"\b(?:pag|abon|confirm|deposit|liquid|acredit|transfer|comprobante|comprovante|paid|pay)\w*"
)
DONE = re.compile(
    rf"\b(?:ya(?! que)|listo|acab\w+|hemos|he|already|just|have|has been|ja|pronto)\b[^;:]{{0,25}}\b(?:{_VERB}|{_SEEN})"
)
DONE_BY_US = re.compile(
    r"(?:reconect|reactiv|activ|restaur|habilit|desbloque|registr|confirm|aplic)é\b|(?:restablec|recib)í\b"
    r"|\b(?:religu|ativ|reativ|reconect|registr|confirm)ei\b"
)
CANNOT = re.compile(r"\b(?:no (?:puedo|podemos|se puede)|nao (?:posso|podemos|da)|can ?not|can t|unable)\b")
_TIME = r"(?:hasta|plazo|dias?|semanas?|mes|tiempo|ate|prazo|until|days?|weeks?|more time|mais tempo)"
# Never said, on any condition.
BROKEN = tuple(
    re.compile(pattern)
    for pattern in (
        (
            r"\b(?:condon|perdo|cancel|elimin|waiv|forgiv|write off)\w*\s+(?:a\s+)?(?:su|tu|la|el|sua|your|the)\s+"
            r"(?:deuda|adeudo|factura|divida|fatura|debt|bill|invoice)"
        ),
        r"\b(?:deuda|adeudo|factura|divida|fatura|debt|bill)\b.*\b(?:cancelad|perdonad|condonad|perdoad|waived)\w*",
        r"\b(?:descuento|desconto|discount)\s+(?:de|del|of)\s+(?:\d|un|cien|dos|tres|half|la mitad|a metade)",
        r"\d+ ?% (?:de\s+)?(?:descuento|desconto|off|disc)",
        r"\b(?:mitad|metade|half)\b[^,;:]{0,15}\b(?:descuento|desconto|discount|precio|preco|price)\b",
        r"\bmes(?:es)? (?:gratis|gratuito|de graca)\b|\bfree months?\b|\bmonths? (?:for )?free\b|\bmes no paga\b",
        (
            r"\b(?:le|te|les|lhe) (?:doy|damos|dou|espero|esperamos|amplio|extiendo|concedo|regalo|regalamos|bonifico|"
            rf"hago)\b.*\b(?:{_TIME}|descuento|gratis|mitad)\b"
        ),
        rf"\b(?:i|we) (?:can |will |ll )?(?:give|grant|extend)\b.*\b{_TIME}\b",
    )
)
# What the account's own facts say: `chatbot.domain.model_tools`.
_ON = re.compile(r'"suspended":\s*false')
_SETTLED = re.compile(r'"owed":\s*\[\]')


def promises(text: str, known: str) -> bool:
    """Say whether a text promises or claims what its facts (`known`) do not say."""
    told = fold(known)
    on, settled = bool(_ON.search(known)), bool(_SETTLED.search(known))
    for sentence in re.split(r"[.!?\n]+", text):
        said = " ".join(re.sub(r"['’]", " ", fold(sentence)).split())
        if said and said not in told and _is_promise(said, sentence.lower(), on=on, settled=settled):
            return True
    return False


def _is_promise(said: str, written: str, *, on: bool, settled: bool) -> bool:
    """Say it of one sentence: folded, and as it was written, since only accents tell «activé» from «active»."""
    if any(pattern.search(said) for pattern in BROKEN):
        return True
    back = bool(BACK.search(said))
    seen = bool(PAYMENT_SEEN.search(said)) and not BY_PEOPLE.search(said)
    if (back or seen) and (DONE.search(said) or DONE_BY_US.search(written)):
        return True
    if IF_PAID.search(said) or CANNOT.search(said):
        return False
    if back or seen or NOT_CUT.search(said):
        return True
    return (not on and bool(IS_ON.search(said))) or (not settled and bool(NOTHING_OWED.search(said)))
