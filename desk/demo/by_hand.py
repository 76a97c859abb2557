"""A router as a few years of technicians leave it: what was done on it by hand, and the rules of the system before."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
OLD_LIST = "Moroso"
# Fewer secrets than this are a trial of something else, and are left as they are.
FEWEST = 30


def touched_by_hand(secrets: list[Row]) -> list[Row] | dict[str, list[Row]]:
    """Return a router's menus with some secrets changed, some added, and WispHub's list with its rules."""
    if len(secrets) < FEWEST:
        return secrets
    rows = [{name: value for name, value in row.items() if value not in {"", None}} for row in secrets]
    on, off = ([row for row in rows if bool(row.get("disabled")) is is_off] for is_off in (False, True))
    cut = [row["remote-address"] for row in off if row.get("remote-address")]
    for row in off[:2]:
        row["disabled"] = False  # "just until tomorrow"
    on[3]["disabled"] = True
    on[5]["disabled"] = True
    if on[8].get("remote-address"):
        on[8]["remote-address"] = "10.99.0.8"
    rows.remove(on[11])
    rows.append({**on[14], "name": str(on[14]["name"]).upper(), "comment": "prueba"})
    rows.append({"name": "torre-camara-1", "password": "camara", "comment": "cámara de la torre"})
    rows.append({"name": "prueba.tecnico", "password": "prueba", "comment": f"{on[17].get('comment', '')}"})
    return {
        "/ppp/secret": rows,
        "/ip/firewall/address-list": [
            *({"list": OLD_LIST, "address": address} for address in dict.fromkeys(cut)),
            {"list": OLD_LIST, "address": "10.99.9.9", "comment": "0013"},
            {"list": "Aviso", "address": "10.99.9.10", "comment": "0021"},
        ],
        "/ip/firewall/filter": [
            {
                "chain": "forward",
                "action": "fasttrack-connection",
                "connection-state": "established,related",
                "comment": "defconf: fasttrack",
            },
            {"chain": "forward", "action": "accept", "connection-state": "established,related,untracked"},
        ],
        "/ip/firewall/nat": [
            {
                "chain": "dstnat",
                "action": "accept",
                "src-address-list": OLD_LIST,
                "dst-address-list": "servers_wisphub",
                "comment": "Permitir pagina web morosos",
            },
            {
                "chain": "dstnat",
                "action": "redirect",
                "protocol": "tcp",
                "dst-port": "!8291",
                "src-address-list": OLD_LIST,
                "to-ports": "999",
                "comment": "Suspension de clientes(TCP)",
            },
            {
                "chain": "dstnat",
                "action": "redirect",
                "protocol": "tcp",
                "dst-port": "80",
                "src-address-list": "Aviso",
                "to-ports": "999",
                "comment": "Aviso de Pago en Pantalla",
            },
            {"chain": "srcnat", "action": "masquerade", "comment": "defconf: masquerade"},
        ],
    }
