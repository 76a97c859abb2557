"""Secrets in a form: typed once, never written back into the page, and asked for again where something was wrong."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _


class AsksAgain(forms.BaseForm):
    """A form that says beside each secret that was typed that an error emptied it."""

    def add_error(self, field: str | None, error: Any) -> None:
        """Note an error; what the page will not show again has to be typed again."""
        super().add_error(field, error)
        for name, of in self.fields.items():
            widget = of.widget
            hidden = isinstance(widget, forms.PasswordInput) and not widget.render_value
            if hidden and self.data.get(self.add_prefix(name)):
                self[name].help_text = _(
                    "No se guardó lo que escribió aquí y, por seguridad, no se muestra: vuelva a escribirlo."
                )
