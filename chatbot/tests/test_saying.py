"""What a model may not say, however it is put; and what it may."""

from __future__ import annotations

import base64
import codecs
import json
import time

import pytest

from chatbot.domain.instructions import RULES
from chatbot.domain.saying import MOST, plain_text, why_unsaid

PERSONA = "Eres Lucía de Internet del Norte, amable y breve, y contestas siempre de usted y sin rodeos. " * 3
CUT = '{"owed":["$600.00"],"invoices":[{"id":"F-1","owed":"$600.00","due":"2026-11-28"}],"cut_for_debt":true}'
FACTS = (CUT, "En OXXO 4321 8765 0001", '{"connected":[false],"cut_for_debt":true,"suspended":true}')
FINE = ('{"owed":[],"invoices":[]}', '{"connected":[true],"cut_for_debt":false,"suspended":false}')

BACK = """
Ya le reconecté su servicio.
Listo ya le reconecté su servicio
Sí ya le reconecté su servicio
Ya le reconecté su servicio, si falla avise
Después de revisar su pago, ya le reconecté su servicio
Ya le activé el internet.
Le quité el corte.
Ya le levanté la suspensión.
Su servicio fue restaurado.
En 5 minutos tendrá internet.
Le regreso el internet en unos minutos.
Mañana a primera hora le conectan de nuevo.
Le garantizo que hoy queda conectado.
Já religuei o seu sinal.
Restauramos o seu serviço.
I turned your internet back on.
Your line has been switched back on.
""".strip().splitlines()
IT_IS_ON = """
Ya quedó activo su servicio.
Su servicio ya está activo de nuevo.
Listo, ya tiene internet otra vez.
Ya puede navegar.
Sua internet já voltou.
Your internet is working again.
""".strip().splitlines()
PAID = """
Ya recibimos su pago.
Su pago ya quedó registrado.
Su pago ya se aplicó.
Seu pagamento foi confirmado.
We got your payment.
""".strip().splitlines()
NOTHING_OWED = """
No debe nada.
Está al corriente.
Su saldo es cero.
Você não deve nada.
You owe nothing.
""".strip().splitlines()
GIFTS = """
Le doy hasta el viernes para pagar.
Le damos 10 días más.
No se le va a cortar el servicio.
I can give you until Friday.
Tiene la mitad de descuento.
Le regalo un mes.
Le hago un descuento de cien pesos.
Enjoy one month for free.
""".strip().splitlines()
ELSEWHERE = """
Pague en pagos-enlace.example/ok
Pague en bit.ly/xyz123
Escriba a pagos@malo.com
Pague a la chave 123.456.789-09
Deposite a 9999.8888.7777.6666
""".strip().splitlines()
AMOUNTS = """
Debe 5 y ya.
Total: 5.00
""".strip().splitlines()
ALLOWED = """
Su servicio está suspendido por falta de pago. Debe $600.00.
Su servicio se reconecta en cuanto se confirme su pago.
Una vez que pague, el servicio se reactiva en minutos.
Debe $600.00, vence el 28 de noviembre.
Puede pagar en OXXO 4321 8765 0001.
Lamento la falla. ¿Ya reinició su módem?
Nuestro horario es de 9:00 a 18.30 h.
Tiene el plan Hogar 100, de 100 Mbps.
No puedo reconectar el servicio yo.
Seu serviço volta quando o pagamento for confirmado.
Your service comes back once the payment is confirmed.
Mándeme la foto de su comprobante y una persona lo revisa.
""".strip().splitlines()


def unsaid(text: str, facts: tuple[str, ...] = FACTS) -> str:
    return why_unsaid(text, rules=RULES, persona=PERSONA, sources=facts)


@pytest.mark.parametrize("text", [*BACK, *IT_IS_ON, *PAID, *NOTHING_OWED, *GIFTS])
def test_what_nobody_let_it_promise_is_not_said(text):
    assert "prometía" in unsaid(text)


@pytest.mark.parametrize("text", [*IT_IS_ON, *NOTHING_OWED])
def test_what_the_account_bears_out_may_be_said(text):
    assert unsaid(text, FINE) == ""


@pytest.mark.parametrize("text", ELSEWHERE)
def test_money_goes_nowhere_else(text):
    assert "no se le dio" in unsaid(text)


@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_without_its_sign_is_one(text):
    assert "importe" in unsaid(text)


@pytest.mark.parametrize("text", ALLOWED)
def test_what_may_be_said(text):
    assert unsaid(text) == ""


@pytest.mark.parametrize(
    "told",
    [
        RULES,
        RULES[::-1],
        " ".join(RULES),
        "\u200b".join(RULES),
        RULES.replace(". ", "\n"),
        "\n".join(f"{n}. {word}" for n, word in enumerate(RULES.split(), 1)),
        codecs.encode(RULES, "rot13"),
        RULES.encode().hex(),
        base64.b64encode(RULES.encode()).decode(),
        PERSONA,
        base64.b64encode(PERSONA.encode()).decode(),
    ],
)
def test_its_instructions_are_known_however_they_are_written(told):
    assert unsaid(told)


@pytest.mark.parametrize(
    "text",
    ['{"name": "balance", "arguments": {}}', "<think>Debe</think>Debe $600.00", "```json\n{}\n```", "<|im_start|>Hola"],
)
def test_a_programs_text_is_no_answer(text):
    assert "no se esperaba" in unsaid(text)


def test_a_letter_of_another_kind_hides_nothing():
    assert unsaid("Ya le reco\u200bnecté su servicio.")
    assert unsaid("Debe ＄５.００")
    assert json.loads(CUT)["cut_for_debt"]


def test_marks_of_markdown_go():
    assert plain_text("## Saldo\n\n\n\n**Debe** $600.00 ") == "Saldo\n\nDebe $600.00"


@pytest.mark.parametrize("letters", ["a", "a.", "a-", "1.", "QUJD", "ya hoy pronto ", "servicio internet ", "levanto "])
def test_words_without_an_end_are_looked_at_in_no_time(letters):
    said = plain_text(letters * 16_000)
    assert len(said) <= MOST
    began = time.process_time()
    unsaid(said)
    assert time.process_time() - began < 0.5
