"""Forms of taking a router in."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from network.domain.checks import kinds_we_speak
from network.forms import PlaceForm
from network.models import Access, AllowedNetwork, Router, Takeover

_PORTS = {"": 8728, "pinned": 8729, "certificate": 8729, "anonymous": 8729}
_HTTPS = 443
_USUAL = frozenset({*_PORTS.values(), _HTTPS})


class GuideForm(PlaceForm):
    """Everything the guided page knows of a router. What its checks found comes along, to be confirmed."""

    password = forms.CharField(
        label=_("Contraseña"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "hx-preserve": "true"}),
    )
    allow_anonymous = forms.BooleanField(
        label=_("Permitir una conexión que nada prueba"),
        help_text=_("Quien esté en el medio puede hacerse pasar por el router. Queda registrado quién lo permitió."),
        required=False,
    )
    fingerprint = forms.CharField(required=False, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(required=False)
    # For which address the certificate was shown.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    serial = forms.CharField(required=False, widget=forms.HiddenInput)
    cut_list = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Router
        fields = ("kind", "name", "host", "port", "tls", "username")
        labels = {
            "kind": _("Equipo"),
            "name": _("Nombre"),
            "host": _("Dirección"),
            "port": _("Puerto"),
            "tls": _("Cifrado"),
            "username": _("Usuario"),
        }
        help_texts = {
            "name": _("Como lo llaman ustedes: la torre, el barrio."),
            "host": _("IPv4, IPv6 o nombre con que se llega desde aquí."),
        }
        error_messages = {"name": {"unique": _("Ya hay un router con ese nombre.")}}

    def __init__(self, *args: Any, saves: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.saves = saves
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (value, label) for value, label in Router.Kind.choices if value in kinds_we_speak()
        ]
        self.fields["username"].required = False
        password = self.fields["password"]
        password.widget.render_value = not self.is_bound and "password" in self.initial  # type: ignore[attr-defined]
        if self.instance.pk and self.instance.password:
            password.help_text = _("Déjela vacía para no cambiarla.")
        self._describe(str(self["kind"].value() or Router.Kind.MIKROTIK))

    def _describe(self, kind: str) -> None:
        """Say of each field what it means for this kind."""
        if kind == Router.Kind.MIKROTIK:
            self.fields["port"].help_text = _("8728 sin cifrar, 8729 cifrado (API-SSL).")
            self.fields["tls"].help_text = _("Por internet, siempre cifrado.")
            return
        self.fields["port"].help_text = _("Casi siempre 443.")
        if kind == Router.Kind.UISP_CRM:
            self.fields["password"].label = _("Clave de aplicación (App key, de escritura)")
            self.fields["username"].help_text = _("El CRM no lo usa: déjelo vacío.")
        else:
            self.fields["password"].label = _("Contraseña o token")
            self.fields["username"].help_text = _("Con un token de UISP, déjelo vacío.")

    @property
    def is_mikrotik(self) -> bool:
        """Whether the chosen kind is a MikroTik."""
        return (self["kind"].value() or Router.Kind.MIKROTIK) == Router.Kind.MIKROTIK

    def clean_fingerprint(self) -> str:
        """A SHA-256 in hex, or nothing."""
        text = str(self.cleaned_data["fingerprint"]).replace(":", "").casefold()
        return text if re.fullmatch(r"[0-9a-f]{64}", text) else ""

    def clean_serial(self) -> str:
        """As long as it is kept."""
        return str(self.cleaned_data["serial"])[:40]

    def clean_cut_list(self) -> str:
        """As long as it is kept."""
        return str(self.cleaned_data["cut_list"])[:60]

    def clean(self) -> dict[str, Any]:
        """A person answers for a link that nothing proves, and for the certificate a router is known by."""
        given = super().clean() or {}
        kind, tls = given.get("kind"), given.get("tls")
        if kind == Router.Kind.MIKROTIK and not given.get("username"):
            self.add_error("username", _("Escriba el usuario de la API."))
        if not given.get("password") and not (self.instance.pk and self.instance.password):
            self.add_error("password", _("Escríbala: sin ella no se puede entrar."))
        if tls == Router.Tls.ANONYMOUS:
            if kind != Router.Kind.MIKROTIK:
                self.add_error("tls", _("UISP siempre tiene certificado: elija otro."))
            elif not given.get("allow_anonymous"):
                self.add_error("tls", _("Marque abajo que lo permite, o elija otro cifrado."))
        if tls == Router.Tls.PINNED and self.saves:
            self._check_pin(given)
        return given

    def _check_pin(self, given: dict[str, Any]) -> None:
        known = self.instance.pk and self.instance.fingerprint == given.get("fingerprint")
        if not given.get("fingerprint") or given.get("seen") != self.place():
            self.add_error("tls", _("Compruebe la conexión para ver la huella del certificado."))
        elif not given.get("confirmed") and not known:
            self.add_error("tls", _("Confirme más abajo que la huella es la de su router."))

    def place(self) -> str:
        """Name what the certificate was shown for."""
        given = self.cleaned_data
        return f"{given.get('host')} {given.get('port')} {given.get('tls')}"

    def changes(self) -> dict[str, Any]:
        """The values for add_router and change_router, without the password."""
        given = self.cleaned_data
        names = ("kind", "name", "host", "port", "tls", "username")
        changes = {name: given[name] for name in names}
        changes["fingerprint"] = given["fingerprint"] if given["tls"] == Router.Tls.PINNED else ""
        if given["serial"]:
            changes["serial"] = given["serial"]
        if given["cut_list"]:
            changes["cut_list"] = given["cut_list"]
        return changes

    def unsaved(self) -> Router:
        """A router with these values to look at; an empty password is the saved one."""
        router = Router(uuid=self.instance.uuid, **self.changes())
        if not router.cut_list:
            router.cut_list = self.instance.cut_list
        if self.cleaned_data["password"]:
            router.seal(password=self.cleaned_data["password"])
        else:
            router.password = self.instance.password
        return router


def usual_port(kind: str, tls: str, port: str) -> str:
    """Return the port that goes with a choice, unless the person typed one of their own."""
    if port and (not port.isdigit() or int(port) not in _USUAL):
        return port
    return str(_HTTPS if kind != Router.Kind.MIKROTIK else _PORTS.get(tls, 8728))


class ScriptForm(forms.Form):
    """What the script is to prepare, beside what the guided page knows already."""

    major = forms.ChoiceField(label=_("RouterOS"), choices=[("7", "v7"), ("6", "v6")], required=False)
    with_rules = forms.BooleanField(
        label=_("Con las reglas del corte por lista"),
        help_text=_("No hacen falta si todos entran por PPPoE, o si el router ya corta con una lista."),
        required=False,
    )
    reads_passwords = forms.BooleanField(
        label=_("Que pueda leer contraseñas"),
        help_text=_("Para traer a los clientes con la suya (permiso sensitive)."),
        required=False,
    )
    comes_from = forms.CharField(
        label=_("Solo desde esta dirección"),
        help_text=_("La IP desde la que entramos, si la conoce."),
        required=False,
        max_length=60,
    )

    def clean_comes_from(self) -> str:
        """An IP or a network."""
        text = str(self.cleaned_data["comes_from"]).strip()
        if text:
            try:
                ipaddress.ip_network(text, strict=False)
            except ValueError:
                raise forms.ValidationError(_("Escriba una IP o una red, como 203.0.113.5.")) from None
        return text


class NetworkForm(forms.ModelForm):
    """A network that routers may be in."""

    class Meta:
        model = AllowedNetwork
        fields = ("cidr", "note")
        labels = {"cidr": _("Red"), "note": _("Para qué")}
        help_texts = {"cidr": _("Como 10.20.0.0/16, o una sola IP.")}

    def clean_cidr(self) -> str:
        """The network in its shortest form. What is never reached need not be allowed."""
        try:
            network = ipaddress.ip_network(str(self.cleaned_data["cidr"]).strip(), strict=False)
        except ValueError:
            raise forms.ValidationError(_("Escriba una red como 10.20.0.0/16 o una IP.")) from None
        if network.is_loopback or network.is_link_local or network.is_multicast:
            raise forms.ValidationError(_("Esa red no se alcanza nunca: es de uso interno de cada equipo."))
        if AllowedNetwork.objects.filter(cidr=str(network)).exists():
            raise forms.ValidationError(_("Esa red ya está."))
        return str(network)


class TakeoverForm(forms.ModelForm):
    """How those brought in from a router are to be cut."""

    class Meta:
        model = Takeover
        fields = ("cut_by",)
        labels = {"cut_by": _("Cómo se cortan")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cut_by"].choices = [  # type: ignore[attr-defined]
            (Access.CutBy.OWN, _("Cada uno como es propio de su método")),
            (Access.CutBy.LIST, _("Todos por la lista de cortados")),
        ]
