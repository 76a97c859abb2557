"""Writes invented customer and invoice lists in the shape of WispHub's API, with the dirt real lists carry.

    python -m desk.imports.samples.generate            # rewrite the shipped files
    python -m desk.imports.samples.generate --provider norte --size 5000 --today 2026-11-01 --out DIR

The same provider, size and day always give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from desk.imports.samples.profiles import PROFILES, PlanProfile, ProviderProfile, ZoneProfile

Row = dict[str, Any]

SAMPLE_DAY = date(2026, 11, 1)
FOLDER = Path(__file__).parent
ISSUE_DAY = 25
MONTHS_BILLED = 3
PEOPLE_WITH_TWO_SERVICES = 0.01

_PLAIN = str.maketrans("áéíóúüñÁÉÍÓÚÜÑ", "aeiouunAEIOUUN")
_CENT = Decimal("0.01")


def sample_clients(*, provider: str, today: date = SAMPLE_DAY, size: int | None = None) -> list[Row]:
    """The rows of `GET /api/clientes/` for one invented provider, as of `today`."""
    profile = PROFILES[provider]
    draw = random.Random(profile.seed)  # noqa: S311 - the seed is the point: same input, same list
    rows: list[Row] = []
    for number in range(1, (size or profile.size) + 1):
        row = _client(draw, profile, number, today)
        if rows and draw.random() < PEOPLE_WITH_TWO_SERVICES:
            _same_person(row, rows[-1])
        rows.append(row)
    _dirty(draw, rows)
    return rows


def sample_invoices(*, provider: str, clients: list[Row], today: date = SAMPLE_DAY) -> list[Row]:
    """The rows of `GET /api/facturas/` of the last three issue days for these clients, oldest last."""
    profile = PROFILES[provider]
    draw = random.Random(profile.seed + 1)  # noqa: S311
    number = 9000
    rows: list[Row] = []
    issue_days = _issue_days(today)
    for client in clients:
        if client["estado"] in ("Cancelado", "Gratis"):
            continue
        unpaid = _unpaid_count(draw, client)
        for age, issued in enumerate(issue_days):
            number += 1
            state = "Pagada" if age >= unpaid else "Pendiente de Pago"
            if state == "Pendiente de Pago" and draw.random() < 0.05:
                state = "En Revisión"
            rows.append(_invoice(draw, profile, client, (number, state), issued))
    rows.sort(key=lambda row: (row["id_factura"] % MONTHS_BILLED, row["id_factura"]))
    return rows


def sample_files(*, provider: str, today: date = SAMPLE_DAY, size: int | None = None) -> dict[str, bytes]:
    """File name to bytes: the two lists of one provider, each as one page of the API."""
    clients = sample_clients(provider=provider, today=today, size=size)
    invoices = sample_invoices(provider=provider, clients=clients, today=today)
    return {
        f"{provider}_clientes.json": _page(clients),
        f"{provider}_facturas.json": _page(invoices),
    }


def _page(rows: list[Row]) -> bytes:
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return f'{{"count":{len(rows)},"next":null,"previous":null,"results":[\n{lines}\n]}}\n'.encode()


def _issue_days(today: date) -> list[date]:
    """The last issue days up to `today`, newest first."""
    first = today.replace(day=1)
    days: list[date] = []
    while len(days) < MONTHS_BILLED:
        day = first.replace(day=ISSUE_DAY)
        if day <= today:
            days.append(day)
        first = (first - timedelta(days=1)).replace(day=1)
    return days


def _due_after(issued: date, cut_day: int) -> date:
    """The zone's cut day in the month that the invoice pays for, which is the one after its issue."""
    return (issued.replace(day=1) + timedelta(days=32)).replace(day=cut_day)


def _next_cut(today: date, cut_day: int) -> date:
    issued = today.replace(day=ISSUE_DAY)
    if issued <= today:
        issued = (today.replace(day=1) + timedelta(days=32)).replace(day=ISSUE_DAY)
    return _due_after(issued, cut_day)


def _client(draw: random.Random, profile: ProviderProfile, number: int, today: date) -> Row:
    zone = draw.choices(profile.zones, [z.weight for z in profile.zones])[0]
    plan = draw.choices(profile.plans, [p.weight for p in profile.plans])[0]
    first, surname, name = _name(draw, profile)
    user = f"{_plain(first)}{number:04d}@{profile.realm}"
    state = draw.choices(("Activo", "Suspendido", "Cancelado", "Gratis"), (843, 108, 28, 21))[0]
    balance = _balance(draw, plan)
    return {
        "id_servicio": number,
        "usuario": user,
        "nombre": name,
        "email": draw.choice(("", "no tiene", f"{_plain(first)}{number:04d}@correo.example")),
        "cedula": str(draw.randrange(3_000_000, 99_999_999)),
        **_place(draw, profile, zone),
        "telefono": _phone(draw, profile),
        "descuento": "0.00",
        "saldo": f"{balance:.2f}",
        "rfc": "",
        "informacion_adicional": "",
        "notificacion_sms": True,
        "aviso_pantalla": True,
        "notificaciones_push": False,
        "auto_activar_servicio": True,
        "firewall": True,
        **_equipment(draw, profile.networks[zone.router], number, user, surname),
        "estado": state,
        "comentarios": draw.choice(("", "paga los 5", "EQUIPO EN COMODATO", "cliente de la señora de la tienda")),
        "costo_instalacion": "500.00",
        "precio_plan": f"{plan.price:.2f}",
        "forma_contratacion": draw.choice(("Oficina", "Visita", "Redes sociales")),
        # The field shows the state of the invoices but follows the running balance: the original's own dirt.
        "estado_facturas": "Pendiente de Pago" if balance > 0 else "Pagadas",
        "fecha_instalacion": _day(today - timedelta(days=draw.randrange(20, 1800))),
        "fecha_cancelacion": _day(today) if state == "Cancelado" else None,
        "fecha_corte": _day(_next_cut(today, zone.cut_day)),
        "ultimo_cambio": _day(today),
        "plan_internet": {"id": plan.id, "nombre": plan.name},
        "zona": {"id": zone.id, "nombre": zone.name},
        "router": {
            "id": zone.router,
            "nombre": profile.routers[zone.router],
            "falla_general": False,
            "falla_general_descripcion": "",
        },
        "sectorial": draw.choice((None, {"id": 1, "nombre": "Sector A"})),
        "tecnico": {"id": 3, "nombre": "técnico 3"},
    }


def _name(draw: random.Random, profile: ProviderProfile) -> tuple[str, str, str]:
    first = draw.choice(profile.first_names)
    surname = draw.choice(profile.last_names)
    if draw.random() < 0.02:
        return first, surname, draw.choice(profile.businesses)
    middle = [draw.choice(profile.first_names)] if draw.random() < 0.33 else []
    return first, surname, " ".join([first, *middle, surname, draw.choice(profile.last_names)])


def _place(draw: random.Random, profile: ProviderProfile, zone: ZoneProfile) -> Row:
    coordinates = ""
    if draw.random() < 0.8:
        latitude = profile.center[0] + draw.uniform(-0.05, 0.05)
        longitude = profile.center[1] + draw.uniform(-0.05, 0.05)
        coordinates = f"{latitude:.6f},{longitude:.6f}"
    return {
        "direccion": f"{profile.street} {draw.randrange(1, 90)} #{draw.randrange(1, 400)}, {zone.name}",
        "localidad": zone.name,
        "ciudad": profile.city,
        "coordenadas": coordinates,
    }


def _phone(draw: random.Random, profile: ProviderProfile) -> str:
    def one() -> str:
        left = profile.phone_digits - len(profile.phone_prefix)
        return profile.phone_prefix + "".join(draw.choice("0123456789") for _ in range(left))

    chance = draw.random()
    if chance < 0.02:
        return ""
    return f"{one()} / {one()}" if chance < 0.065 else one()


def _equipment(draw: random.Random, network: str, number: int, user: str, surname: str) -> Row:
    mac = ":".join(f"{draw.randrange(256):02X}" for _ in range(6))
    third, fourth = divmod(number + 1, 250)
    return {
        "servicio": user,
        "password_servicio": f"pw{draw.randrange(1_000_000, 9_999_999)}",
        "server_hotspot": None,
        "ip": f"{network}.{third}.{fourth + 2}",
        "ip_local": "",
        "modelo_antena": draw.choice(("", "NanoStation M5", "LHG 5", "LiteBeam M5")),
        "password_cpe": f"ubnt{draw.randrange(1000, 9999)}",
        "mac_cpe": mac,
        "interfaz_lan": "ether2",
        "modelo_router_wifi": "",
        "ip_router_wifi": None,
        "mac_router_wifi": "",
        "usuario_router_wifi": "",
        "password_router_wifi": "",
        "ssid_router_wifi": f"Casa {surname}",
        "password_ssid_router_wifi": f"clave{draw.randrange(1000, 9999)}",
        "sn_onu": "",
    }


def _balance(draw: random.Random, plan: PlanProfile) -> Decimal:
    """WispHub's running balance: positive is owed beside the invoices, negative is the customer's credit."""
    chance = draw.random()
    if chance < 0.81:
        return Decimal("0.00")
    amount = Decimal(draw.randrange(500, int(plan.price * 150))) * _CENT
    return amount if chance < 0.94 else -amount


def _same_person(row: Row, other: Row) -> None:
    for key in ("nombre", "cedula", "telefono", "email", "ciudad"):
        row[key] = other[key]


def _dirty(draw: random.Random, rows: list[Row]) -> None:
    """A few slips that people make when typing, and two different people of the same name."""
    for row in rows:
        chance = draw.random()
        if chance < 0.006:
            row["nombre"] = f" {row['nombre'].replace(' ', '  ', 1)} "
        elif chance < 0.012:
            row["telefono"] = row["telefono"][:-2]
        elif chance < 0.016:
            row["coordenadas"] = "pendiente"
    for _ in range(min(len(rows) // 2, max(1, len(rows) // 130))):
        one, other = draw.sample(range(len(rows)), 2)
        rows[one]["nombre"] = rows[other]["nombre"]


def _unpaid_count(draw: random.Random, client: Row) -> int:
    if client["estado"] == "Suspendido":
        return draw.choices((0, 1, 2), (4, 70, 26))[0]
    return 1 if draw.random() < 0.23 else 0


def _invoice(
    draw: random.Random, profile: ProviderProfile, client: Row, numbered: tuple[int, str], issued: date
) -> Row:
    number, state = numbered
    zone = next(z for z in profile.zones if z.id == client["zona"]["id"])
    due = _due_after(issued, zone.cut_day)
    total = Decimal(client["precio_plan"])
    net = (total / (1 + profile.tax_rate)).quantize(_CENT, ROUND_HALF_UP)
    paid = state == "Pagada"
    return {
        "id_factura": number,
        "folio": f"A-{number}",
        "fecha_emision": _day(issued),
        "fecha_vencimiento": _day(due),
        "fecha_pago": _day(due - timedelta(days=draw.randrange(0, 5))) if paid else None,
        "estado": state,
        "tipo": 1,
        "sub_total": f"{net:.2f}",
        "descuento": "0.00",
        "impuestos_total": f"{total - net:.2f}",
        "total": f"{total:.2f}",
        # Equal to the total on unpaid ones too, as the original gives it: only `estado` says what is paid.
        "total_cobrado": f"{total:.2f}",
        "saldo": "0.00" if paid else client["saldo"],
        "saldo_nuevo": "0.00",
        "comprobante_pago": None,
        "referencia": str(draw.randrange(200_000_000, 999_999_999)) if paid else "",
        "referencia_oxxo": None,
        "retenciones_total": "0.00",
        "zona": dict(client["zona"]),
        "forma_pago": {"id": 1, "nombre": draw.choice(profile.payment_methods)},
        "cajero": {"id": 1, "nombre": "caja"},
        "cliente": {
            **{key: client[key] for key in ("nombre", "usuario", "cedula", "telefono", "direccion")},
            "email": "",
            "rfc": "",
        },
        "articulos": [
            {
                "id": number * 10,
                "cantidad": 1,
                "descripcion": f"{client['plan_internet']['nombre']} Periodo del 1 al 30",
                "precio": f"{total:.2f}",
                "servicio": {"id_servicio": client["id_servicio"]},
            }
        ],
    }


def _plain(text: str) -> str:
    return text.translate(_PLAIN).lower()


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def main(arguments: list[str] | None = None) -> None:
    """Write the chosen lists into a folder; without arguments, the shipped files beside this module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--provider", choices=sorted(PROFILES), action="append")
    parser.add_argument("--size", type=int)
    parser.add_argument("--today", type=date.fromisoformat, default=SAMPLE_DAY)
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for provider in options.provider or sorted(PROFILES):
        for name, content in sample_files(provider=provider, today=options.today, size=options.size).items():
            (options.out / name).write_bytes(content)
            sys.stdout.write(f"{options.out / name}: {len(content):,} bytes\n")


if __name__ == "__main__":
    main()
