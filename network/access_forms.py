"""Forms of a service's access: one for every method, with the fields that method needs."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from network.domain.accesses import OPTIONS
from network.methods import METHODS, kinds_of
from network.models import Access, Router

_OPTIONAL = ("password", "ip", "mac", "server", "profile")


class AccessForm(forms.Form):
    """A service's account on a router. The router and the method of an existing access stay.

    Unbound or `building` it shows what the chosen router and method need; nothing is judged then. `again` is where
    the dialog is drawn anew when another is chosen.
    """

    router = forms.ModelChoiceField(label=_l("Router"), queryset=Router.objects.none(), empty_label=None)
    kind = forms.ChoiceField(label=_l("Método"), required=False)
    username = forms.CharField(max_length=120)
    password = forms.CharField(
        label=_l("Contraseña"),
        required=False,
        strip=False,
        max_length=120,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_l("Se guarda cifrada; solo se muestra a quien la pide."),
    )
    ip = forms.GenericIPAddressField(label=_l("Dirección IP"), required=False)
    mac = forms.CharField(label=_l("MAC"), required=False, max_length=32)
    server = forms.CharField(required=False, max_length=60)
    cut_by = forms.ChoiceField(label=_l("Cómo se corta"), required=False)
    profile = forms.CharField(
        label=_l("Perfil propio"), required=False, max_length=80, help_text=_l("Vacío: el de su plan en ese router.")
    )
    manages_speed = forms.BooleanField(label=_l("Poner en el router la velocidad de su plan"), required=False)
    provisions = forms.BooleanField(label=_l("Crearlo en el router si falta"), required=False)

    def __init__(
        self, *args: Any, access: Access | None = None, again: str = "", building: bool = False, **kwargs: Any
    ) -> None:
        self.access, self.again = access, again
        given = args[0] if args else None
        self.routers = {router.pk: router for router in Router.objects.all()} if access is None else {}
        router, self.way = self._chosen(given, access)
        if building and given is not None:
            args, kwargs["initial"] = (None, *args[1:]), self._kept(given, router)
        elif access is not None:
            kwargs.setdefault("initial", _initial(access))
        else:
            kwargs.setdefault("initial", {"kind": self.way, "router": router})
        super().__init__(*args, **kwargs)
        self._shape(router)

    def _chosen(self, given: Any, access: Access | None) -> tuple[Router | None, str]:
        if access is not None:
            return access.router, access.kind
        wanted = str((given or {}).get("router", ""))
        router = self.routers.get(int(wanted)) if wanted.isdigit() and len(wanted) < 18 else None
        router = router or next(iter(self.routers.values()), None)
        kinds = kinds_of(router) if router else [Access.Kind.PPPOE]
        kind = str((given or {}).get("kind", ""))
        return router, kind if kind in kinds else str(kinds[0])

    def _kept(self, given: Any, router: Router | None) -> dict[str, Any]:
        """What was typed so far, for a form of another method."""
        kept = {name: given.get(name) for name in given if name not in {"csrfmiddlewaretoken", "password"}}
        return {**kept, "router": router, "kind": self.way}

    def _shape(self, router: Router | None) -> None:
        """Leave the fields of the method."""
        method = METHODS[self.way]
        key = self.fields["username"]
        key.label, key.help_text = str(method.key), str(method.help)
        self.fields["server"].label = str(method.server)
        self.fields["cut_by"].choices = [  # type: ignore[attr-defined]
            (code, Access.CutBy(code).label) for code in method.cuts
        ]
        for name in _OPTIONAL:
            if name not in method.fields:
                del self.fields[name]
        if len(method.cuts) < 2:
            del self.fields["cut_by"]
        if self.way in {Access.Kind.LIST, Access.Kind.UISP_SITE, Access.Kind.UISP_SERVICE}:
            del self.fields["provisions"]
        if self.way in {Access.Kind.LIST, Access.Kind.ARP, Access.Kind.BINDING}:
            del self.fields["manages_speed"]
        if self.access is not None:
            del self.fields["router"], self.fields["kind"]
            if "password" in self.fields:
                self.fields["password"].help_text = _l("Déjela vacía para no cambiarla.")
            return
        self.fields["router"].queryset = Router.objects.all()  # type: ignore[attr-defined]
        labels = [(kind, Access.Kind(kind).label) for kind in (kinds_of(router) if router else [self.way])]
        self.fields["kind"].choices = labels  # type: ignore[attr-defined]
        # Another router or method asks for other fields.
        again = {"hx-trigger": "change", "hx-vals": '{"armar": "1"}', "hx-target": "closest dialog"}
        for name in ("router", "kind"):
            self.fields[name].widget.attrs |= {**again, "hx-swap": "outerHTML", "hx-post": self.again}

    @property
    def texts(self) -> list[Any]:
        """What is typed or chosen, without the boxes to tick."""
        return [field for field in self if field.name not in {"provisions", "manages_speed"}]

    @property
    def boxes(self) -> list[Any]:
        """What is ticked."""
        return [field for field in self if field.name in {"provisions", "manages_speed"}]

    @property
    def options(self) -> dict[str, Any]:
        """How the access is worked, for the domain; only what the method asks for."""
        return {name: self.cleaned_data[name] for name in OPTIONS if name in self.fields}

    def clean_username(self) -> str:
        """The key in the form the equipment has it."""
        typed = str(self.cleaned_data["username"]).strip()
        match METHODS[self.way].key_is:
            case "ip":
                return _ip(typed)
            case "mac":
                return read_mac(typed)
            case _:
                return typed

    def clean_mac(self) -> str:
        """A MAC as routers write it."""
        typed = self.cleaned_data["mac"].strip()
        return read_mac(typed) if typed else ""

    def clean(self) -> dict[str, Any]:
        """An account of a router belongs to one service; a key that is an IP or a MAC is one."""
        given = super().clean() or {}
        router = self.access.router if self.access else given.get("router")
        key = given.get("username", "")
        key_is = METHODS[self.way].key_is
        if key and key_is in {"ip", "mac"}:
            given[key_is] = key
        self._check_provision(given)
        same = Access.objects.filter(router=router, kind=self.way, username=key).select_related("service__customer")
        if self.access is not None:
            same = same.exclude(pk=self.access.pk)
        other = same.first()
        if router is not None and other is not None:
            text = _("«%(key)s» ya es de %(name)s (%(code)s).") % {
                "key": key,
                "name": other.service.customer.name,
                "code": other.service.code,
            }
            self.add_error("username", text)
        return given

    def _check_provision(self, given: dict[str, Any]) -> None:
        """What is made on the router needs all that the router asks for it."""
        if not given.get("provisions"):
            return
        needs = METHODS[self.way].to_provide
        has_password = self.access is not None and bool(self.access.password)
        for name in needs:
            if not given.get(name) and name not in self.errors and not (name == "password" and has_password):
                self.add_error(name, _("Sin esto no se puede crear en el router."))


def _initial(access: Access) -> dict[str, Any]:
    names = ("username", "ip", "mac", "server", "cut_by", "profile", "manages_speed", "provisions")
    return {name: getattr(access, name) for name in names}


def _ip(typed: str) -> str:
    try:
        return str(ip_address(typed))
    except ValueError:
        raise forms.ValidationError(_("Escriba una dirección IP, como 10.20.0.15.")) from None


def read_mac(typed: str) -> str:
    """Return a MAC as RouterOS writes it, however it was typed. Raises ValidationError."""
    digits = re.sub(r"[^0-9A-Fa-f]", "", typed)
    if len(digits) != 12 or re.search(r"[^0-9A-Fa-f:.\- ]", typed):
        raise forms.ValidationError(_("Una MAC son 12 cifras, como 48:8F:5A:01:02:03."))
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2)).upper()


class MoveForm(forms.Form):
    """To which router an access goes."""

    router = forms.ModelChoiceField(label=_l("Router nuevo"), queryset=Router.objects.none(), empty_label=None)
    provision = forms.BooleanField(label=_l("Crearlo en el router nuevo si falta"), required=False, initial=True)
    from_router = forms.BooleanField(label=_l("Quitarlo del router de ahora"), required=False, initial=True)

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Router.objects.filter(kind=access.router.kind).exclude(pk=access.router_id)
        self.fields["router"].queryset = others  # type: ignore[attr-defined]


class RemoveForm(forms.Form):
    """Whether the account goes from the equipment, too."""

    from_router = forms.BooleanField(label=_l("Quitarlo también del router"), required=False)
