"""What is asked to have a phone for trying things: nearly nothing."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inbox.channels.forms import ChannelForm, ChannelValues, Held
from tenants.current import current_tenant


class SandboxForm(ChannelForm):
    """The phone. It reaches nobody."""

    about = _(
        "Un teléfono dentro de esta página, para probar la Bandeja, el asistente y los avisos sin ninguna cuenta."
    )

    for_notices = forms.BooleanField(
        label=_("Mandar también los avisos a este teléfono mientras no haya otro canal"),
        required=False,
        help_text=_("Ningún cliente los recibe: se ven aquí. En cuanto conecte otro canal dejan de salir por este."),
    )

    def initial_of(self, held: Held) -> dict[str, Any]:
        """Return whether notices come here."""
        return {"for_notices": held.config.get("for_notices", False)}

    def values(self) -> ChannelValues:
        """Return an address of its own and whether notices come here."""
        address = self.held.address if self.held else f"phone:{secrets.token_hex(8)}"
        shown = str(_("solo pruebas"))
        config = {"for_notices": bool(self.cleaned_data.get("for_notices"))}
        return ChannelValues(address=address, account=str(current_tenant().uuid), shown=shown, config=config)
