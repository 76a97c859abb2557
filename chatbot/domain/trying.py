"""What the bot does about each thing a customer may want, as the staff reads it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from chatbot import intents
from chatbot.engines.base import NONE


def outcomes() -> dict[str, tuple[str, str]]:
    """Return for each intent its name and what the bot does, as the staff reads them."""
    person = _("Pasa la conversación a una persona, con el motivo.")
    public = _("Lo contesta de Conocimiento, con su fuente; si no está, pasa con una persona.")
    owed = _("Dice cuánto debe, factura por factura, hasta cuándo y dónde pagar.")
    state = _("Si está cortado por deuda, dice cuánto debe; si hay una falla general, la dice; si no, ve su conexión.")
    fault = _("Ve su conexión, pregunta qué pasa y desde cuándo, y abre un reporte; nunca dos a la vez.")
    asked = _("Pregunta lo necesario, lo lee de vuelta y con un «sí» lo deja como ticket al personal.")
    return {
        intents.BALANCE: (_("Cuánto debe"), owed),
        intents.DUE_DATE: (_("Cuándo vence"), owed),
        intents.INVOICE_COPY: (_("Copia de su factura"), _("Manda su última factura en PDF.")),
        intents.HOW_TO_PAY: (
            _("Dónde pagar"),
            _("Dice dónde y cómo pagar; si no lo ha escrito aquí, pasa con una persona."),
        ),
        intents.PAYMENT_MADE: (
            _("Ya pagó"),
            _("Pide la foto del comprobante; si ya viene, la deja en Comprobantes."),
        ),
        intents.MY_PLAN: (_("Su plan"), _("Dice su plan, su velocidad y su precio.")),
        intents.SERVICE_STATE: (_("Estado de su servicio"), state),
        intents.REPORT_FAULT: (_("Sin internet o lento"), fault),
        intents.PROMISE: (
            _("Promete pagar o pide tiempo"),
            _("Si la política lo deja, ofrece un día para pagar y pide un sí; si no, pasa con una persona."),
        ),
        intents.BUY_DAYS: (
            _("Comprar días"),
            _("Si es prepago, dice cuánto cuestan y dónde pagarlos; si no, cuánto debe."),
        ),
        intents.CHANGE_PLAN: (
            _("Cambiar de plan"),
            _("Ofrece los planes y lee de vuelta el cambio; con un «sí» lo hace si se le permite, o un ticket."),
        ),
        intents.PLANS_PRICES: (
            _("Planes y precios"),
            _("Lo contesta de Conocimiento; si no está, dice los planes activos y su precio."),
        ),
        intents.COVERAGE: (
            _("Cobertura"),
            _("Dice si la zona es de las suyas; si no lo sabe, lo deja como ticket al personal."),
        ),
        intents.REGISTER: (
            _("Contratar"),
            _("Pide nombre, zona, dirección y plan; con un «sí» crea la prueba gratis si se le permite, o un ticket."),
        ),
        intents.MOVE: (_("Cambio de domicilio"), asked),
        intents.CANCEL: (_("Cancelar o pausar"), _("Pregunta el motivo y pasa la conversación a una persona.")),
        intents.WIFI_PASSWORD: (
            _("Clave del Wi-Fi"),
            _("Explica cómo verla o cambiarla; si no se logra, lo deja como ticket."),
        ),
        intents.HOURS_ADDRESS: (_("Horario y dirección"), public),
        intents.HUMAN: (_("Hablar con una persona"), person),
        intents.GREETING: (_("Saludo"), _("Saluda.")),
        intents.THANKS: (_("Gracias"), _("Contesta «Con gusto» una vez.")),
        intents.ACKNOWLEDGED: (_("Enterado"), _("No contesta nada: no hace falta.")),
        NONE: (
            _("No se entiende"),
            _("Lo busca en Conocimiento; si no está, pide que lo diga de otro modo; luego, una persona."),
        ),
    }
