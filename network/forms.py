"""Forms of the network."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from network.models import Router


class PlaceForm(forms.ModelForm):
    """Where equipment is: what people type around an address is taken off."""

    def clean_port(self) -> int:
        """A TCP port."""
        port: int = self.cleaned_data["port"]
        if not 1 <= port <= 65535:
            raise forms.ValidationError(_("Un puerto va de 1 a 65535."))
        return port

    def clean_host(self) -> str:
        """An address, without what people paste around it."""
        host = str(self.cleaned_data["host"]).strip().removeprefix("http://").removeprefix("https://").rstrip("/")
        if not host or "/" in host or " " in host:
            raise forms.ValidationError(_("Escriba solo la dirección, como 10.0.0.1 o router.ejemplo.net."))
        return host


class RouterForm(PlaceForm):
    """How to reach a router. On an existing one an empty password stays as it is."""

    password = forms.CharField(
        label=_("Contraseña"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    allow_anonymous = forms.BooleanField(
        label=_("Permitir una conexión que nada prueba"),
        help_text=_("Quien esté en el medio puede hacerse pasar por el router. Queda registrado quién lo permitió."),
        required=False,
    )

    class Meta:
        model = Router
        fields = ("name", "host", "port", "username", "tls", "max_cuts_per_run", "is_enabled")
        labels = {
            "name": _("Nombre"),
            "host": _("Dirección"),
            "port": _("Puerto"),
            "username": _("Usuario de la API"),
            "tls": _("Cifrado de la conexión (API-SSL)"),
            "max_cuts_per_run": _("Cortes por hora sin preguntar"),
            "is_enabled": _("En uso"),
        }
        help_texts = {
            "host": _("La IP o el nombre con que se llega al router desde aquí."),
            "port": _("8728, u 8729 con API-SSL."),
            "tls": _("Recomendado si el router se alcanza por internet."),
            "max_cuts_per_run": _("Si una noche serían más, esperan a que alguien los apruebe."),
        }
        error_messages = {"name": {"unique": _("Ya hay un router con ese nombre.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.fields["password"].required = True
            del self.fields["is_enabled"]
        else:
            self.fields["password"].help_text = _("Déjela vacía para no cambiarla.")

    def clean(self) -> dict[str, Any]:
        """A person answers for a link that nothing proves; what is so already was answered for."""
        given = super().clean() or {}
        chosen = given.get("tls") == Router.Tls.ANONYMOUS != self.initial.get("tls")
        if chosen and not given.get("allow_anonymous"):
            self.add_error("tls", _("Marque abajo que lo permite, o elija otro cifrado."))
        return given

    def changes(self) -> dict[str, Any]:
        """The values for change_router, without the password."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or () if name in self.cleaned_data}

    def unsaved(self) -> Router:
        """A router with these values to try; an empty password is the saved one."""
        router = Router(uuid=self.instance.uuid, kind=self.instance.kind, **self.changes())
        if self.cleaned_data["password"]:
            router.seal(password=self.cleaned_data["password"])
        else:
            router.password = self.instance.password
        return router
