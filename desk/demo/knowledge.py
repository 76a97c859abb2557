"""What the demo's bot knows, and what it was asked and could not answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from chatbot.domain.knowledge import add_document, add_faq
from chatbot.domain.knowledge_questions import collect_question
from chatbot.models import Article
from desk.demo.world import Provider
from events.domain import Actor

WHO = Actor.system("Demostración")
FAQS = (
    (
        "¿Cuánto cuesta la instalación?",
        "Contratando 12 meses no cuesta nada: incluye hasta 50 metros de cable, el router y dejar listo su Wi-Fi.",
    ),
    (
        "¿Qué planes tienen y cuánto cuestan?",
        "Tenemos planes desde 20 hasta 200 megas, sin límite de datos. Díganos su colonia y le recomendamos uno.",
    ),
    (
        "¿En cuánto tiempo instalan?",
        "Instalamos en dos o tres días hábiles después de contratar. Le avisamos la hora un día antes.",
    ),
    (
        "¿Qué necesito para contratar?",
        "Una identificación oficial, un comprobante de domicilio y un teléfono con WhatsApp.",
    ),
    ("¿Dan servicio para cámaras de vigilancia?", "Sí. Un técnico visita el lugar y le hace el presupuesto sin costo."),
    ("¿Aceptan pago con tarjeta?", "Sí, de débito y de crédito, en la oficina y en el enlace de su factura."),
)
CONTRACT = """# Condiciones del servicio

## Plazo forzoso
El plazo forzoso es de 12 meses. Si cancela antes, la penalización es de una mensualidad.

## Equipos en comodato
El router y la antena son de la empresa y se prestan mientras dure el contrato. Al terminar se devuelven en la oficina;
un equipo que no se devuelve se cobra.

## Cambio de domicilio
Mudar la instalación a otro domicilio con cobertura se agenda con cinco días de anticipación.

## Garantía
Una falla por causa nuestra que dure más de 48 horas se descuenta de la factura siguiente.
"""
ASKED = (("¿Tienen telefonía fija?", 4), ("¿Rentan decodificadores de televisión?", 2), ("¿Venden repetidores?", 1))


def teach_bot(provider: Provider, *, now: datetime) -> None:
    """Give the provider's bot its knowledge, once. Runs inside the tenant."""
    if Article.objects.exists():
        return
    place = f"Estamos en {provider.address}. Atendemos de lunes a viernes de 9 a 18 h y los sábados de 9 a 14 h."
    for question, answer in (("¿Dónde están ubicados y cuál es su horario?", place), *FAQS):
        add_faq(question=question, answer=answer, actor=WHO, now=now)
    add_document(name="condiciones.md", data=CONTRACT.encode(), title="Condiciones del servicio", actor=WHO, now=now)
    for hours, (text, times) in enumerate(ASKED, 1):
        for again in range(times):
            collect_question(text=text, conversation=None, now=now - timedelta(hours=hours * (times - again)))
