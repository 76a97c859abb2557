"""From a record of WispHub's client list to a typed row, saying what was wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from customers.phones import parse_phones
from desk.imports.sources.base import Level, Named, Problem, ServiceRow, State
from desk.imports.sources.wisphub import fields

_STATES = {
    "activo": State.ACTIVE,
    "suspendido": State.SUSPENDED,
    "cancelado": State.CANCELLED,
    "gratis": State.FREE,
}
# The API also gives the state as its number.
_STATE_NUMBERS = {1: State.ACTIVE, 2: State.SUSPENDED, 3: State.CANCELLED, 4: State.FREE}
_KEY_LENGTH = 40
# What the columns hold: a longer text is shortened, and said.
_LENGTHS = {"nombre": 160, "cedula": 40, "direccion": 255, "localidad": 80, "ciudad": 80}

T = TypeVar("T")


class ClientRecord:
    """Reads one record; every complaint is kept with its row and field."""

    def __init__(self, record: dict[str, Any], *, file: str, row: int, country: str) -> None:
        self.record = record
        self.file = file
        self.row = row
        self.country = country
        self.problems: list[Problem] = []

    def read(self) -> ServiceRow | None:
        """The typed row, or None when it cannot be a customer; `problems` says why in both cases."""
        ref = fields.clean(self.record.get("id_servicio"))
        name = fields.clean(self.record.get("nombre"))
        surname = fields.clean(self.record.get("apellido"))
        if surname and not name.endswith(surname):
            name = f"{name} {surname}"
        if not ref or len(ref) > _KEY_LENGTH or not name:
            is_key = not ref or len(ref) > _KEY_LENGTH
            self._fault("no_key" if is_key else "no_name", "id_servicio" if is_key else "nombre")
            return None
        state, price, balance = self._state(), self._price(), self._money("saldo", "bad_balance")
        zone, plan = self._named("zona", "no_zone"), self._named("plan_internet", "no_plan")
        if state is None or price is None or balance is None or zone is None or plan is None:
            return None
        latitude, longitude = self._place()
        installed = self._day("fecha_instalacion")
        return ServiceRow(
            row=self.row,
            ref=ref,
            user=fields.clean(self.record.get("usuario")),
            name=self._shorten("nombre", name),
            national_id=self._text("cedula") or self._text("rfc"),
            phones=self._phones(),
            email=self._optional("email", fields.mail, "bad_email") or "",
            address=self._text("direccion"),
            locality=self._text("localidad"),
            city=self._text("ciudad"),
            latitude=latitude,
            longitude=longitude,
            notes="\n".join(filter(None, (self._text("comentarios"), self._text("informacion_adicional")))),
            state=state,
            zone=zone,
            plan=plan,
            router=self._router(),
            price=price,
            balance=balance,
            installed_on=installed,
            ended_on=self._day("fecha_cancelacion"),
            cut_on=self._day("fecha_corte"),
            ppp_user=fields.clean(self.record.get("servicio")),
            ip=self._optional("ip", fields.address_ip, "bad_ip"),
            mac=self._optional("mac_cpe", fields.mac_address, "bad_mac") or "",
            ppp_password=fields.clean(self.record.get("password_servicio")),
            equipment=self._text("modelo_antena"),
            wifi_name=fields.clean(self.record.get("ssid_router_wifi")),
            cpe_password=fields.clean(self.record.get("password_cpe")),
            wifi_password=fields.clean(self.record.get("password_ssid_router_wifi")),
        )

    def _state(self) -> State | None:
        value = self.record.get("estado")
        state = _STATE_NUMBERS.get(value) if isinstance(value, int) else _STATES.get(fields.clean(value).lower())
        if state is None:
            self._fault("bad_state", "estado")
        return state

    def _price(self) -> Decimal | None:
        price = self._money("precio_plan", "bad_price")
        if price is not None and price < 0:
            self._fault("bad_price", "precio_plan")
            return None
        return price

    def _money(self, key: str, kind: str) -> Decimal | None:
        amount = fields.money(self.record.get(key))
        if amount is None:
            self._fault(kind, key)
        return amount

    def _named(self, key: str, kind: str) -> Named | None:
        value = self.record.get(key)
        name = fields.clean(value.get("nombre")) if isinstance(value, dict) else fields.clean(value)
        if not name:
            self._fault(kind, key)
            return None
        return Named(self._key_of(value, name), name)

    @staticmethod
    def _key_of(value: object, name: str) -> str:
        """Its id at the source; without one its name is the key."""
        return (fields.clean(value.get("id")) if isinstance(value, dict) else "")[:40] or name[:40]

    def _router(self) -> Named | None:
        value = self.record.get("router")
        name = fields.clean(value.get("nombre")) if isinstance(value, dict) else fields.clean(value)
        if not name:
            self._complain("no_router", "router")
            return None
        return Named(self._key_of(value, name), name)

    def _phones(self) -> tuple[str, ...]:
        numbers: list[str] = []
        pieces = fields.phone_pieces(self.record.get("telefono"))
        for piece in pieces:
            found = parse_phones(piece, self.country)
            if not found:
                self._complain("bad_phone", "telefono", piece)
            numbers.extend(number for number in found if number not in numbers)
        if not pieces:
            self._complain("no_phone", "telefono")
        return tuple(numbers)

    def _place(self) -> tuple[Decimal | None, Decimal | None]:
        place = self._optional("coordenadas", fields.coordinates, "bad_place")
        return place or (None, None)

    def _day(self, key: str) -> date | None:
        return self._optional(key, fields.day, "bad_day")

    def _text(self, key: str) -> str:
        value = self.record.get(key)
        return "" if fields.is_blank(value) else self._shorten(key, fields.clean(value))

    def _shorten(self, key: str, text: str) -> str:
        limit = _LENGTHS.get(key)
        if limit is None or len(text) <= limit:
            return text
        self._complain("too_long", key, text)
        return text[:limit]

    def _optional(self, key: str, read: Callable[[object], T | None], kind: str) -> T | None:
        value = self.record.get(key)
        if fields.is_blank(value):
            return None
        found = read(value)
        if found is None:
            self._complain(kind, key, fields.clean(value))
        return found

    def _fault(self, kind: str, key: str) -> None:
        self._say(kind, key, Level.ERROR, fields.clean(self.record.get(key)))

    def _complain(self, kind: str, key: str, value: str = "") -> None:
        self._say(kind, key, Level.WARNING, value)

    def _say(self, kind: str, key: str, level: Level, value: str) -> None:
        who = fields.clean(self.record.get("nombre")) or fields.clean(self.record.get("usuario")) or "?"
        self.problems.append(
            Problem(
                kind=kind,
                level=level,
                file=self.file,
                row=self.row,
                ref=fields.clean(self.record.get("usuario")) or fields.clean(self.record.get("id_servicio")),
                field=key,
                sentence=_sentences()[kind] % {"who": who[:60], "value": value[:60]},
            )
        )


def _sentences() -> dict[str, str]:
    return {
        "no_key": _("Este registro no trae «id_servicio»: sin él no se le puede reconocer después y se deja fuera."),
        "no_name": _("Este registro no trae nombre y se deja fuera."),
        "bad_state": _("%(who)s: el estado «%(value)s» no se conoce; se deja fuera."),
        "bad_price": _("%(who)s: el precio del plan «%(value)s» no es un importe; se deja fuera."),
        "bad_balance": _("%(who)s: el saldo «%(value)s» no es un importe; se deja fuera para no inventar su deuda."),
        "no_zone": _("%(who)s: no tiene zona y se deja fuera. Asígnele una en WispHub."),
        "no_plan": _("%(who)s: no tiene plan y se deja fuera. Asígnele uno en WispHub."),
        "no_router": _("%(who)s: no tiene router; entra sin acceso a la red."),
        "bad_phone": _("%(who)s: «%(value)s» no es un teléfono completo; no se guarda."),
        "no_phone": _("%(who)s: no tiene teléfono; no podrá recibir avisos."),
        "bad_email": _("%(who)s: «%(value)s» no es un correo; no se guarda."),
        "bad_ip": _("%(who)s: «%(value)s» no es una dirección IP; no se guarda."),
        "bad_mac": _("%(who)s: «%(value)s» no es una dirección MAC; no se guarda."),
        "bad_place": _("%(who)s: «%(value)s» no son coordenadas; entra sin lugar en el mapa."),
        "too_long": _("%(who)s: «%(value)s…» es demasiado largo; se guarda recortado."),
        "bad_day": _("%(who)s: «%(value)s» no es una fecha; no se guarda."),
    }
