"""The bot's forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chatbot import abilities
from chatbot.domain.bots import EDITABLE, OPENAI
from chatbot.domain.personas import LONGEST
from chatbot.domain.rehearsing import CODE
from chatbot.domain.trying import outcomes
from chatbot.engines.openai.prices import default_model
from chatbot.models import Bot
from inbox.models import Channel
from network.models import Router
from tenants.secret_fields import AsksAgain

# Left empty, they stay as they are.
KEPT = (
    "receipts_a_day",
    "trial_days",
    "trial_kind",
    "name",
    "hours",
    "answer_length",
    "style",
    "language",
    "temperature",
    "max_tokens",
    "history",
    "identity",
    "identity_days",
    "turns_an_hour",
    "contact_receipts_a_day",
    "contact_promises_a_day",
)


def intent_choices() -> list[tuple[str, str]]:
    """Return what a bot may leave to people, as the staff calls it."""
    named = outcomes()
    return [(name, named.get(name, (name, ""))[0]) for name in abilities.switchable_intents()]


class BotForm(AsksAgain, forms.ModelForm):
    """How the bot answers. The key is written and never read back; empty keeps the one that is stored."""

    base_url = forms.URLField(
        label=_("Dirección del servicio"),
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text=_("De cualquier servicio compatible con OpenAI."),
        widget=forms.URLInput(attrs={"placeholder": OPENAI, "inputmode": "url", "autocomplete": "off"}),
    )
    api_key = forms.CharField(
        label=_("Clave"),
        required=False,
        strip=True,
        max_length=400,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    audio_url = forms.URLField(
        label=_("Dirección del servicio que escucha notas de voz"),
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text=_("De cualquier servicio compatible con OpenAI. Vacío: las notas de voz las oye una persona."),
        widget=forms.URLInput(attrs={"placeholder": OPENAI, "inputmode": "url", "autocomplete": "off"}),
    )
    audio_key = forms.CharField(
        label=_("Clave de quien escucha"),
        required=False,
        strip=True,
        max_length=400,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    intents_off = forms.MultipleChoiceField(
        label=_("Lo que deja a una persona"),
        required=False,
        choices=intent_choices,
        widget=forms.CheckboxSelectMultiple,
    )
    tools_off = forms.MultipleChoiceField(
        label=_("Lo que no puede hacer"),
        required=False,
        choices=[
            (abilities.ACCOUNT, _("Leer la cuenta: lo que debe, su plan, sus facturas")),
            (abilities.RECEIPTS, _("Recibir comprobantes")),
            (abilities.PROMISES, _("Dar días para pagar")),
            (abilities.TICKETS, _("Abrir tickets")),
            (abilities.KNOWLEDGE, _("Contestar con lo que está en Conocimiento")),
        ],
        widget=forms.CheckboxSelectMultiple,
    )
    forget_key = forms.BooleanField(label=_("Olvidar la clave guardada"), required=False)
    forget_audio_key = forms.BooleanField(label=_("Olvidar la clave de quien escucha"), required=False)

    class Meta:
        model = Bot
        fields = (*EDITABLE, "persona", "trial_router", "trial_kind")
        labels = {
            "enabled": _("El asistente contesta"),
            "engine": _("Cómo entiende lo que le escriben"),
            "greeting": _("Saludo"),
            "payment_instructions": _("Dónde y cómo pagar"),
            "model": _("Modelo"),
            "max_misses": _("Mensajes sin entender antes de llamar a una persona"),
            "receipts_a_day": _("Comprobantes que lee en un día"),
            "changes_plans": _("Cambia el plan cuando el cliente lo confirma; si no, lo deja como ticket"),
            "trial_days": _("Días de prueba gratis a quien contrata"),
            "trial_router": _("Router en que se crea la cuenta de prueba"),
            "trial_kind": _("Con qué acceso"),
            "pause_seconds": _("Segundos que espera por si siguen escribiendo"),
            "name": _("Nombre"),
            "persona": _("Personalidad"),
            "hours": _("Cuándo contesta"),
            "answer_length": _("Letras de una respuesta, a lo más"),
            "emoji": _("Puede usar emojis"),
            "style": _("Cuánto detalle da"),
            "language": _("Idioma en que contesta"),
            "temperature": _("Temperatura"),
            "max_tokens": _("Tokens de una respuesta, a lo más"),
            "history": _("Mensajes anteriores que lee"),
            "identity": _("Cuándo pide un dato para saber quién escribe"),
            "identity_days": _("Cada cuántos días"),
            "turns_an_hour": _("Mensajes de un contacto en una hora, a lo más"),
            "contact_receipts_a_day": _("Comprobantes de un contacto en un día, a lo más"),
            "contact_promises_a_day": _("Días para pagar que ofrece a un contacto en un día"),
            "audio_model": _("Modelo que escucha"),
        }
        help_texts = {
            "greeting": _("Lo que contesta a «buenas tardes». Vacío: se presenta y dice en qué ayuda."),
            "payment_instructions": _("Se dice junto con lo que debe. Vacío: «¿dónde pago?» lo contesta una persona."),
            "receipts_a_day": _(
                "El modelo lee monto, fecha, banco y referencia de la foto, y una persona los confirma. 0: ninguno."
            ),
            "trial_days": _("0: no se ofrece. Al terminar, el servicio se suspende solo."),
            "trial_router": _(
                "Sólo MikroTik: se crea el usuario y se le mandan sus datos. Sin router (colas, DHCP, UISP) la prueba"
                " se ofrece igual, y la activa una persona: le queda como ticket."
            ),
            "pause_seconds": _("Varios mensajes seguidos se contestan con uno solo."),
            "name": _("Para distinguirlo de los otros; el cliente no lo ve."),
            "hours": _("El horario es el de la política de la bandeja. Fuera de su turno atiende una persona."),
            "answer_length": _("Lo que pasa de ahí se corta al final de una oración."),
            "model": _("Vacío: el que se recomienda para ese servicio, donde se conoce."),
            "temperature": _("De 0 (siempre igual) a 2 (muy suelto)."),
            "identity": _(
                "El dato es su número de cliente o los últimos 4 dígitos de su documento; tiene 3 intentos al día."
            ),
            "identity_days": _("Sólo si lo pide una vez cada tantos días."),
            "turns_an_hour": _("Lo que pasa de ahí lo ve una persona. 0: sin límite."),
            "contact_receipts_a_day": _("0: sin límite."),
            "contact_promises_a_day": _("0: sin límite."),
            "persona": _("Quién es y cómo habla. Sólo la usa un modelo de lenguaje."),
        }
        widgets = {
            "engine": forms.RadioSelect,
            "identity": forms.RadioSelect,
            "audio_model": forms.TextInput(attrs={"placeholder": "gpt-4o-mini-transcribe", "autocomplete": "off"}),
            "greeting": forms.Textarea(attrs={"rows": 3}),
            "payment_instructions": forms.Textarea(attrs={"rows": 3}),
            "model": forms.TextInput(
                attrs={"placeholder": default_model(OPENAI), "autocomplete": "off", "spellcheck": "false"}
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in KEPT:
            self.fields[name].required = False
        self.fields["persona"].empty_label = _("Ninguna en especial")  # type: ignore[attr-defined]
        routers = self.fields["trial_router"]
        routers.empty_label = _("Ninguno: lo atiende una persona")  # type: ignore[attr-defined]
        routers.queryset = Router.objects.filter(kind=Router.Kind.MIKROTIK, is_enabled=True)  # type: ignore[attr-defined]
        kept = _("Hay una guardada y no se muestra. Escriba otra para cambiarla.")
        self.fields["api_key"].help_text = kept if self.instance.has_key else _("Se guarda cifrada.")
        self.fields["audio_key"].help_text = (
            kept
            if self.instance.has_audio_key
            else _("Se guarda cifrada. Vacía: la del modelo, si es el mismo servicio.")
        )

    def clean(self) -> dict[str, Any]:
        """Nothing typed keeps what there is."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in KEPT:
            if name not in self.errors and data.get(name) in {None, ""}:
                data[name] = self.initial[name]
        return data

    def changes(self) -> dict[str, Any]:
        """Return the cleaned settings, with the key as `change_bot` takes it."""
        data = self.cleaned_data
        key = data["api_key"] or ("" if data["forget_key"] else None)
        audio_key = data["audio_key"] or ("" if data["forget_audio_key"] else None)
        keys = {"api_key": key, "audio_key": audio_key}
        return {name: data[name] for name in (*EDITABLE, "persona", "trial_router", "trial_kind")} | keys


class SampleForm(forms.Form):
    """What is said in a talk that is tried, and by whom."""

    CUSTOMER, STRANGER = "customer", "stranger"

    who = forms.ChoiceField(
        label=_("Quién escribe"),
        choices=[
            (CUSTOMER, _("Un cliente de ejemplo que debe una factura")),
            (STRANGER, _("Alguien que no es cliente")),
        ],
        required=False,
        help_text=_("El número del cliente de ejemplo, por si el asistente se lo pide: %(code)s.") % {"code": CODE},
    )
    text = forms.CharField(label=_("Lo que escribiría un cliente"), max_length=500)


class NewBotForm(forms.Form):
    """Another bot."""

    new_name = forms.CharField(label=_("Nombre del nuevo asistente"), max_length=80)


class ChannelsForm(forms.Form):
    """On which channels a bot answers."""

    channels = forms.ModelMultipleChoiceField(
        label=_("Canales en que contesta"),
        required=False,
        queryset=Channel.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, bot: Bot, **kwargs: Any) -> None:
        kwargs["initial"] = {"channels": list(bot.bot_channels.values_list("channel_id", flat=True))}
        super().__init__(*args, **kwargs)
        field = self.fields["channels"]
        field.queryset = Channel.objects.order_by("name", "pk")  # type: ignore[attr-defined]


class PersonaForm(forms.Form):
    """Who a bot is, in words for a model."""

    name = forms.CharField(label=_("Nombre"), max_length=80)
    instructions = forms.CharField(
        label=_("Quién es y cómo habla"),
        max_length=LONGEST,
        help_text=_(
            "Por ejemplo: «Eres Lucía, de Internet del Norte. Hablas de usted y en frases cortas.» No escriba nada que"
            " un cliente no pueda saber."
        ),
        widget=forms.Textarea(attrs={"rows": 12}),
    )
