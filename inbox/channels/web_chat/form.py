"""What is asked to put the chat on a page: its title, a greeting, and on which sites it may be."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inbox.channels.forms import ChannelForm, ChannelValues, Held, Paste
from tenants.current import current_tenant

SITES = 20


class WebChatForm(ChannelForm):
    """A chat in the corner of the provider's own page."""

    about = _("Una burbuja en la esquina de su página: quien la visita le escribe sin instalar nada. No pide cuentas.")
    rotates = True

    origins = forms.CharField(
        label=_("Sitios en los que aparece"),
        help_text=_("Uno por línea, como se ven en el navegador: https://www.sunegocio.com. En otros no se abre."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "inputmode": "url"}),
    )
    title = forms.CharField(label=_("Título"), max_length=60, initial=_("Escríbanos"))
    greeting = forms.CharField(
        label=_("Saludo"),
        max_length=300,
        required=False,
        initial=_("Hola, ¿en qué le ayudamos?"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    ask = forms.BooleanField(
        label=_("Pedir nombre, teléfono y correo antes de empezar (quien visita puede dejarlos vacíos)"), required=False
    )

    def initial_of(self, held: Held) -> dict[str, Any]:
        """Return the sites and the words."""
        config = held.config
        return {**config, "origins": "\n".join(config.get("origins", []))}

    def clean_origins(self) -> list[str]:
        """Return the sites as origins: scheme, host and port, nothing else. Raises ValidationError."""
        found: list[str] = []
        for line in str(self.cleaned_data["origins"]).split():
            parts = urlsplit(line if "://" in line else f"https://{line}")
            try:
                host, port = parts.hostname or "", parts.port
            except ValueError:
                host, port = "", None
            plain = host.replace(".", "").replace("-", "").isalnum() and host.isascii()
            if parts.scheme not in {"http", "https"} or not plain:
                raise forms.ValidationError(
                    _("«%(site)s» no es una dirección: escríbala como https://www.sunegocio.com."),
                    params={"site": line[:60]},
                )
            origin = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
            if origin not in found:
                found.append(origin)
        if len(found) > SITES:
            raise forms.ValidationError(_("Son demasiados sitios: hasta 20."))
        return found

    def values(self) -> ChannelValues:
        """Return the sites and the words; the chat's address is made here once."""
        data = self.cleaned_data
        config = {name: data[name] for name in ("origins", "title", "greeting", "ask")}
        address = self.held.address if self.held else f"chat:{secrets.token_hex(8)}"
        # What signs visitors' tokens is made here once, and anew when somebody asks for it.
        own = {} if self.held else {"hook_secret": secrets.token_urlsafe(32)}
        shown = urlsplit(data["origins"][0]).hostname or "" if data["origins"] else ""
        return ChannelValues(
            address=address, account=str(current_tenant().uuid), shown=shown[:60], config=config, secrets=own
        )

    def pastes(self) -> Sequence[Paste]:
        """Return the line for the page."""
        if self.held is None:
            return []
        line = f'<script src="{self.held.base}/chat/{self.held.hook}.js" async></script>'
        return [
            Paste(_("Línea para su página"), line, _("Va antes de </body>, en todas las páginas donde la quiera."), 2)
        ]

    def steps(self) -> Sequence[str | Promise]:
        """Return how it gets onto a page."""
        return [
            _("Copie la línea y péguela en su página antes de </body>; en WordPress, en el pie del tema."),
            _("Abra su página: aparece la burbuja en la esquina de abajo, con sus colores y su nombre."),
            _("Escriba algo: llega a la Bandeja como una conversación más."),
        ]
