"""The bot's forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chatbot.domain.bots import EDITABLE, OPENAI
from chatbot.models import Bot


class BotForm(forms.ModelForm):
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
    forget_key = forms.BooleanField(label=_("Olvidar la clave guardada"), required=False)

    class Meta:
        model = Bot
        fields = EDITABLE
        labels = {
            "enabled": _("El asistente contesta"),
            "engine": _("Cómo entiende lo que le escriben"),
            "greeting": _("Saludo"),
            "payment_instructions": _("Dónde y cómo pagar"),
            "model": _("Modelo"),
            "max_misses": _("Mensajes sin entender antes de llamar a una persona"),
            "receipts_a_day": _("Comprobantes que lee en un día"),
            "pause_seconds": _("Segundos que espera por si siguen escribiendo"),
        }
        help_texts = {
            "greeting": _("Lo que contesta a «buenas tardes». Vacío: se presenta y dice en qué ayuda."),
            "payment_instructions": _("Se dice junto con lo que debe. Vacío: «¿dónde pago?» lo contesta una persona."),
            "receipts_a_day": _(
                "El modelo lee monto, fecha, banco y referencia de la foto, y una persona los confirma. 0: ninguno."
            ),
            "pause_seconds": _("Varios mensajes seguidos se contestan con uno solo."),
        }
        widgets = {
            "engine": forms.RadioSelect,
            "greeting": forms.Textarea(attrs={"rows": 3}),
            "payment_instructions": forms.Textarea(attrs={"rows": 3}),
            "model": forms.TextInput(attrs={"placeholder": "gpt-6-luna", "autocomplete": "off", "spellcheck": "false"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["receipts_a_day"].required = False
        stored = self.instance.has_key
        self.fields["api_key"].help_text = (
            _("Hay una guardada y no se muestra. Escriba otra para cambiarla.") if stored else _("Se guarda cifrada.")
        )

    def clean_receipts_a_day(self) -> int:
        """Nothing typed keeps the number there is."""
        typed = self.cleaned_data["receipts_a_day"]
        return int(self.initial["receipts_a_day"] if typed is None else typed)

    def changes(self) -> dict[str, Any]:
        """Return the cleaned settings, with the key as `change_bot` takes it."""
        data = self.cleaned_data
        key = data["api_key"] or ("" if data["forget_key"] else None)
        return {name: data[name] for name in EDITABLE} | {"api_key": key}


class SampleForm(forms.Form):
    """A phrase to try."""

    text = forms.CharField(label=_("Lo que escribiría un cliente"), max_length=500)
