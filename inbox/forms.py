"""The words of the notices."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from inbox.models import Template


class TemplateForm(forms.ModelForm):
    """The words of a notice."""

    class Meta:
        model = Template
        fields = ["body"]
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
