"""Connecting a number, and the texts that were approved for it."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.phones import parse_phones
from inbox.addresses import WHATSAPP
from inbox.models import Channel, Template
from tenants.current import current_tenant


class ChannelForm(forms.Form):
    """A WhatsApp number at Twilio. The token is asked for once and never shown again."""

    name = forms.CharField(
        label=_("Nombre"), max_length=80, help_text=_("Cómo lo verá su equipo: «Ventas», «Soporte».")
    )
    number = forms.CharField(
        label=_("Número de WhatsApp"),
        max_length=40,
        help_text=_("Con código de país, como aparece en Twilio: +52 444 123 4567."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    account = forms.RegexField(
        label=_("Account SID"),
        regex=r"^AC[0-9a-fA-F]{32}$",
        error_messages={
            "invalid": _("Empieza con AC y sigue con 32 letras y números: cópielo de la consola de Twilio.")
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    token = forms.CharField(
        label=_("Auth Token"),
        max_length=80,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Se guarda cifrado y no vuelve a mostrarse."),
    )

    def __init__(self, *args: Any, channel: Channel | None = None, **kwargs: Any) -> None:
        if channel:
            kwargs["initial"] = {"name": channel.name, "number": channel.number, "account": channel.account}
        super().__init__(*args, **kwargs)
        self.channel = channel
        if channel:
            # The number is what routes and conversations hang on; another number is another channel.
            self.fields["number"].disabled = True
            self.fields["token"].help_text = _("Déjelo vacío para conservar el que ya está guardado.")
        else:
            self.fields["token"].required = True

    def clean_number(self) -> str:
        """Return the number as a WhatsApp address."""
        raw = str(self.cleaned_data["number"]).removeprefix(WHATSAPP)
        found = parse_phones(raw, current_tenant().country)
        if len(found) != 1:
            raise forms.ValidationError(_("Eso no parece un número de teléfono: escríbalo con su código de país."))
        # A number written whole stays as it is: WhatsApp has +521… where people write +52….
        whole = re.sub(r"[^\d+]", "", raw)
        return WHATSAPP + (whole if whole.startswith("+") else found[0])


class TemplateForm(forms.ModelForm):
    """The approved text's id at Twilio, beside the words it was approved with."""

    content_sid = forms.RegexField(
        label=_("Content SID"),
        regex=r"^HX[0-9a-zA-Z]{32}$",
        required=False,
        error_messages={"invalid": _("Empieza con HX y sigue con 32 letras y números.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "HX…"}),
    )

    class Meta:
        model = Template
        fields = ["body", "content_sid"]
        labels = {"body": _("Texto")}
        widgets = {"body": forms.Textarea(attrs={"rows": 3})}

    def clean_body(self) -> str:
        """Hold WhatsApp's rules for a text: numbered places in order, none at either end."""
        body = str(self.cleaned_data["body"]).strip()
        places = re.findall(r"\{\{(\w+)\}\}", body)
        if len(body) > 1024:
            raise forms.ValidationError(_("WhatsApp admite hasta 1,024 caracteres."))
        if {p for p in places if not p.isdecimal() or int(p) > len(self.instance.variables) or int(p) < 1}:
            names = ", ".join(f"{{{{{i}}}}} {v}" for i, v in enumerate(self.instance.variables, 1))
            raise forms.ValidationError(_("Los datos de este texto son: %(names)s.") % {"names": names})
        if body.startswith("{{") or body.endswith("}}"):
            raise forms.ValidationError(_("WhatsApp no acepta que el texto empiece o termine con un dato."))
        return body
