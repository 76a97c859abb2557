"""Words after which a person must look at once: danger, the law, anger. Spanish, Portuguese, English. Pure.

They are read before anything else, by every engine alike; a life comes first, then danger, the law and anger.
Kept narrow: «me cortaron el cable» is a fault, «hay un cable tirado echando chispas» is danger.
"""

from __future__ import annotations

import re

from customers.text import fold

LIFE, SAFETY, LEGAL, ANGER = "life", "safety", "legal", "anger"

_CABLE = r"(?:cable|cables|fibra|alambre|alambres|cabo|cabos|fio|fios|wire|wires|line|cable)"
_POLE = r"(?:poste|postes|torre|pole|poles|tower)"
_DOWN = (
    r"(?:tirad[oa]s?|caid[oa]s?|colgand[oa]s?|colgad[oa]s?|suelt[oa]s?|pelad[oa]s?|reventad[oa]s?|se cayo|se cayeron|"
    r"atravesad[oa]s?|solt[oa]s?|pendurad[oa]s?|desencapad[oa]s?|caiu|cairam|down|hanging|fell|"
    r"fallen|exposed|snapped)"
)
_WHERE = (
    r"(?:calle|banqueta|acera|piso|suelo|patio|techo|ventana|arbol|carretera|avenida|paso|rua|calcada|chao|street|"
    r"sidewalk|ground|road|yard|roof)"
)
_PATTERNS: dict[str, tuple[str, ...]] = {
    LIFE: (
        (
            r"\b(?:me (?:quiero|voy a) (?:matar|suicidar|quitar la vida)|"
            r"quiero (?:matarme|suicidarme|quitarme la vida)|ya no quiero vivir|quero me matar|vou me matar|"
            r"nao quero mais viver|kill myself|end my life|(?:do not|don't|dont) want to live)\b"
            r"(?! (?:aqui|ahi|alli|en|con|em|na|no|com|here|there|in|at|with)\b)"
        ),
    ),
    SAFETY: (
        rf"\b{_CABLE}\b.{{0,40}}\b{_DOWN}\b.{{0,60}}\b{_WHERE}\b",
        rf"\b{_WHERE}\b.{{0,60}}\b{_CABLE}\b.{{0,40}}\b{_DOWN}\b",
        rf"\b{_DOWN}\b.{{0,20}}\b{_CABLE}\b.{{0,60}}\b{_WHERE}\b",
        (
            rf"\b(?:hay|tengo|esta|quedo|dejaron|tem|ficou|there is|there s|theres)\b.{{0,25}}\b{_CABLE}\b.{{0,20}}"
            r"\b(?:tirad[oa]s?|pelad[oa]s?|desencapad[oa]s?|exposed|live|vivos?)\b"
        ),
        r"\blive (?:wire|cable)s?\b",
        rf"\b{_POLE}\b.{{0,30}}\b(?:cayo|cayendo|caer|caido|cayeron|inclinad[oa]|caiu|caindo|cair|falling|fell|leaning)\b",
        r"\bse (?:cayo|esta cayendo|va a caer) (?:el|un|la|una) (?:poste|torre)\b",
        (
            r"\b(?:saca|sacan|sacando|echa|echan|echando|sale|salen|salio|saliendo|soltando|solta|sai|saiu|saindo|"
            r"avienta|aventando|hay|tem|com|con) (?:\w+ )?"
            r"(?:chispas?|chispazos|humo|lumbre|fuego|llamas|faiscas?|fumaca|fogo)\b"
        ),
        (
            rf"\b(?:modem|router|roteador|aparelho|aparato|box|caja|caixa|{_CABLE}|{_POLE})\b.{{0,25}}"
            r"\b(?:smok(?:e|es|ing)|burning|fumaca|humo)\b"
        ),
        # Low over people, or with them on it.
        (
            rf"\b{_CABLE}\b.{{0,40}}\b{_DOWN}\b.{{0,60}}\b(?:peligro\w*|perigo\w*|danger\w*|ninos|criancas|kids|"
            r"children|gente|people|carros?|coches|cars)\b"
        ),
        rf"\b(?:accidente|acidente|accident)\b.{{0,40}}\b(?:{_CABLE}|{_POLE})\b",
        r"\bse (?:cayo|esta cayendo) .{0,15}\b(?:antena|torre|poste)\b.{0,20}\b(?:sobre|encima)\b",
        r"\b(?:chispas|chispazos|cortocircuito|corto circuito|faiscas|curto circuito|sparks|sparking)\b",
        (
            r"\b(?:electrocut\w*|me dio (?:toques|un toque|corriente)|da toques|descarga electrica|choque eletrico|"
            r"(?:levei|levou|levando|tomei|tomou|tomando|dando|da|deu) (?:um )?choques?|electric shock|"
            r"got shocked|electrified)\b"
        ),
        (
            r"\b(?:incendi[oa]|incendiando|se esta quemando|se quemo (?:el|un) poste|"
            r"huele a quemado|pegando fogo|cheiro de queimado|on fire|burning smell|"
            r"smells? (?:like )?burn\w*|smoke coming)\b"
        ),
    ),
    LEGAL: (
        (
            r"\b(?:profeco|condusef|ift\b|indecopi|osiptel|sernac|subtel|procon|anatel|fcc|defensa del consumidor|"
            r"defensoria del consumidor|consumer protection|better business bureau|superintendencia de industria)\b"
        ),
        (
            r"\b(?:demand(?:ar|arlos|arles|are|o|aremos)(?: a| los| les)? ?|los voy a demandar|voy a demandar|"
            r"(?:una|la|mi) demanda\b|accion(?:es)? legal(?:es)?|via legal|proceder legalmente|medidas legales)"
        ),
        (
            r"\b(?:mi abogad[oa]|con (?:un |mi )?abogad[oa]|un abogado|meu advogado|minha advogada|"
            r"um advogado|my lawyer|"
            r"my attorney|a lawyer|legal action|small claims|sue you|going to sue|will sue|lawsuit)\b"
        ),
        (
            r"\b(?:vou processar|processar voces|acao judicial|medidas judiciais|na justica|denuncia(?:r|"
            r"rlos|re|rei)?\b)"
        ),
        r"\b(?:ministerio publico|(?:a|en|ante) (?:la|el|los|un) (?:fiscalia|tribunal(?:es)?|juzgado|juicio))\b",
    ),
    ANGER: (
        (
            r"\b(?:rater[oa]s?|ladron(?:es|a|as)?|estafador(?:es|a|as)?|estafa|fraude|sinverguenzas?|"
            r"es un robo|e um roubo|"
            r"ladroes|ladrao|scam|scammers?|thieves|rip ?off)\b"
        ),
        (
            r"\b(?:me|nos|estao|tao) (?:estan |vienen )?(?:rob|roub)(?:an|ando|am)(?: me)?\b"
            r"(?!.{0,25}\b(?:wifi|wi fi|internet|clave|contrasena|senha|senal|sinal|cables?|fibra|datos)\b)"
        ),
        (
            r"\b(?:pinche|pinches|chinga\w*|chingad\w+|verga|mierda|puta|putos?|culer[oa]s?|pendej[oa]s?|"
            r"hijos? de (?:puta|perra|su madre|la chingada)|"
            r""
            r"carajo|no mamen|huevones|porra|caralho|merda|filhos? da puta|fuck\w*|bullshit|shitty|"
            r"damn you|assholes?)\b"
        ),
        (
            r"\b(?:estoy (?:hart[oa]|furios[oa]|muy molest[oa]|encabronad[oa]|indignad[oa])|ya me (?:harte|canse)|"
            r"hart[oa] de (?:ustedes|esto|su)|es una (?:porqueria|burla|vergenza|verguenza)|pesimo servicio|"
            r"el peor servicio|que asco de servicio|servicio de (?:asco|quinta|porqueria))\b"
        ),
        (
            r"\b(?:estou (?:furios[oa]|indignad[oa]|de saco cheio|muito irritad[oa])|cansei de voces|pessimo servico|"
            r"que absurdo|palhacada|falta de respeito|falta de respeto)\b"
        ),
        (
            r"\b(?:i am|i'm|im) (?:furious|so angry|really angry|sick of|fed up)\b|\b(?:fed up with|worst service|"
            r"terrible service|this is outrageous|unacceptable)\b"
        ),
    ),
}
_COMPILED = {alarm: tuple(re.compile(one) for one in patterns) for alarm, patterns in _PATTERNS.items()}
# What sounds like it and is not: somebody else robbed them; a demand as in supply.
_NOT = re.compile(
    r"\b(?:me robaron|se robaron|nos robaron|robaron (?:el|mi|la)|mucha demanda|alta demanda|"
    r"me roubaram|got stolen)\b"
)


def alarm_in(text: str) -> str:
    """Return "life", "safety", "legal" or "anger" where words call for a person at once; empty where none do."""
    said = " ".join(re.sub(r"[^a-z0-9'\s]", " ", fold(text)).split())
    said = _NOT.sub(" ", said)
    return next((alarm for alarm, patterns in _COMPILED.items() if any(one.search(said) for one in patterns)), "")
