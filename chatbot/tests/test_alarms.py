"""Words that call for a person at once, in three languages, and those that only sound like it."""

from __future__ import annotations

import pytest

from chatbot.alarms import alarm_in
from chatbot.engines.rules.examples import read_examples
from chatbot.evaluation import SETS

LIFE = """
ya no quiero vivir
me quiero suicidar
quiero matarme
vou me matar
i want to kill myself
i don't want to live
""".strip().splitlines()
SAFETY = """
hay un cable tirado en la calle echando chispas
se cayó un cable en la banqueta enfrente de mi casa
está colgando el cable a media calle y pasan niños
el poste se está cayendo
se cayó el poste con el cable de ustedes
la caja del poste está sacando humo
me dio toques el módem
huele a quemado en su caja
hay un cable pelado en el patio
tem um fio caído na rua
o poste está caindo aqui na esquina
o fio está soltando faíscas
meu filho levou, eu também levei choque no cabo
there is a live wire in the street
your cable fell on the sidewalk
the pole is falling
sparks coming out of the box
sale humo del modem
hay fuego en el poste
cables colgando muy bajo, es peligro para los niños
hubo un accidente con su poste
se cayó su antena sobre mi techo
estou levando choque no modem
saiu fumaça do aparelho
my modem is smoking
the cable fell and cars are driving over it
""".strip().splitlines()
LEGAL = """
los voy a demandar
voy a ir a la profeco
mi abogado los va a buscar
voy a proceder legalmente
ya puse una denuncia ante la fiscalía
vou processar vocês
vou reclamar no procon
meu advogado vai entrar em contato
i will sue you
my lawyer will call you
""".strip().splitlines()
ANGER = """
son unos rateros
estoy harto de ustedes
pinche internet no sirve
esto es un robo
me están robando cada mes
qué pésimo servicio
vocês são uns ladrões
estou furioso com esse serviço
que falta de respeito
this is bullshit
i am furious
you are scammers
""".strip().splitlines()
CALM = """
ya no quiero vivir en esa casa, me mudo
i don't want to live here anymore, cancel my service
me cortaron el cable
no tengo internet
se cayó el internet
se me cayó el sistema
mi cable está desconectado del módem
me robaron el módem
alguien me está robando el internet, quiero cambiar la clave
quiero cambiar la clave del wifi porque me roban el wifi
hay mucha demanda de internet en mi zona
cuánto debo
la luz del router parpadea en rojo
se quemó el módem con la tormenta
vivo en la calle cable 12
a internet caiu
o sinal caiu
caiu a conexão
my internet is down
the connection fell again
line is down since yesterday
quiero cancelar mi servicio
mi dirección es calle tribunal 5
se cayó la antena y no hay internet
tuve un accidente y no he podido pagar
quiero jugar free fire sin lag
no smoking area, calle 5
""".strip().splitlines()


@pytest.mark.parametrize(
    ("said", "alarm"),
    [
        *((said, "life") for said in LIFE),
        *((said, "safety") for said in SAFETY),
        *((said, "legal") for said in LEGAL),
        *((said, "anger") for said in ANGER),
        *((said, "") for said in CALM),
    ],
)
def test_words_call_for_a_person_or_not(said, alarm):
    assert alarm_in(said) == alarm
    assert alarm_in(said.upper() + "!!!") == alarm


def test_what_customers_usually_say_calls_nobody():
    ordinary = [e for e in read_examples(SETS / "es.jsonl") if e.intent not in {"human", "none", "report_fault"}]
    called = [example.text for example in ordinary if alarm_in(example.text)]
    assert len(called) <= len(ordinary) * 0.02, called
