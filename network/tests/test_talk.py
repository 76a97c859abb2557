"""The log of commands in words: every menu the drivers use, and UISP's calls."""

from __future__ import annotations

from uuid import uuid4

import pytest

from network.models import Access, Command
from network.talk import talk
from network.tests.conftest import NOW


def line(sentence: str, reply: str = "!done", *, ok: bool = True, who: str = "ana@red") -> tuple[str, str]:
    access = Access(username=who) if who else None
    said = talk([Command(at=NOW, sentence=sentence, reply=reply, ok=ok, access=access, batch=uuid4())])[0]
    return said.meaning, said.answer


@pytest.mark.parametrize(
    ("sentence", "meaning"),
    [
        ("/ppp/secret/set =.id=*1 =disabled=yes", "Deshabilita a ana@red"),
        ("/ppp/secret/set =.id=*1 =profile=cortado =comment=crm:1", "Pasa a ana@red al perfil cortado"),
        ("/ppp/secret/add =name=ana@red =password=••• =profile=50M", "Crea el usuario de ana@red"),
        ("/ppp/active/remove =.id=*8", "Cierra la sesión de ana@red"),
        ("/queue/simple/set =.id=*2 =max-limit=10M/50M", "Ponle a ana@red la velocidad 10M/50M"),
        ("/queue/simple/remove =.id=*2", "Quita la cola de ana@red"),
        ("/ip/dhcp-server/lease/set =.id=*3 =block-access=yes", "Bloquea el acceso de ana@red"),
        ("/ip/dhcp-server/lease/set =.id=*3 =block-access=no", "Deja pasar a ana@red"),
        ("/ip/dhcp-server/lease/set =.id=*3 =rate-limit=1M/2M", "Ponle a ana@red la velocidad 1M/2M"),
        ("/ip/dhcp-server/lease/set =.id=*3 =address-lists=cortados", "Pon a ana@red en las listas «cortados»"),
        ("/ip/dhcp-server/lease/set =.id=*3 =address-lists=", "Saca a ana@red de las listas"),
        ("/ip/dhcp-server/lease/make-static =.id=*3", "Deja fija la reserva DHCP de ana@red"),
        ("/ip/firewall/address-list/add =list=cortados =address=10.0.0.5", "Pon a ana@red en la lista cortados"),
        ("/ip/firewall/address-list/remove =.id=*4", "Saca a ana@red de la lista"),
        ("/ip/hotspot/user/set =.id=*5 =disabled=no", "Habilita el usuario de hotspot de ana@red"),
        ("/ip/hotspot/active/remove =.id=*5", "Cierra la sesión de ana@red"),
        ("/ip/hotspot/cookie/remove =.id=*5", "Quita la entrada recordada del hotspot de ana@red"),
        ("/ip/hotspot/ip-binding/set =.id=*6 =type=blocked", "Bloquea el acceso de ana@red"),
        ("/ip/arp/set =.id=*7 =disabled=yes", "Deshabilita la entrada ARP de ana@red"),
        ("/user-manager/user-profile/add =user=ana =profile=semana", "Crea el plan asignado de ana@red"),
        ("/user-manager/user-profile/activate-user-profile =.id=*9", "Activa el plan de ana@red"),
        ("/user-manager/session/close-session =numbers=*9", "Cierra la sesión de ana@red"),
        (
            "/tool/user-manager/user/create-and-activate-profile =numbers=*9 =profile=semana",
            "Asigna y activa el plan de ana@red",
        ),
        ("/tool/user-manager/user/set =.id=*9 =disabled=yes", "Deshabilita el usuario de User Manager de ana@red"),
        ('PATCH /crm/api/v1.0/clients/services/5/suspend {"suspensionReasonId": 1}', "Suspende a ana@red"),
        ("PATCH /crm/api/v1.0/clients/services/5/cancel-suspend", "Reactiva a ana@red"),
        ("PATCH /crm/api/v1.0/clients/services/5/traffic-shaping-override {}", "Ponle a ana@red su velocidad"),
        ("DELETE /crm/api/v1.0/clients/services/5/traffic-shaping-override", "Quítale a ana@red la velocidad especial"),
        ('PATCH /crm/api/v1.0/clients/services/5 {"servicePlanPeriodId": 3}', "Cambia el plan de ana@red"),
        ("GET /crm/api/v1.0/clients/services/5", "¿Cómo está el servicio de ana@red?"),
        ("POST /nms/api/v2.1/sites/ab-1/suspend", "Suspende a ana@red"),
        ("POST /nms/api/v2.1/sites/ab-1/unsuspend", "Reactiva a ana@red"),
        ("PUT /nms/api/v2.1/sites/ab-1/qos {}", "Ponle a ana@red su velocidad"),
    ],
)  # fmt: skip
def test_what_is_done_to_somebody(sentence: str, meaning: str) -> None:
    assert line(sentence)[0] == meaning


@pytest.mark.parametrize(
    ("sentence", "meaning"),
    [
        ("/ppp/secret/print =.proplist=.id,name", "¿Qué usuarios tienes?"),
        ("/ppp/active/print", "¿Quiénes están conectados?"),
        ("/ppp/secret/print =.proplist=.id ?name=beto muñoz", "¿Cómo está beto muñoz?"),
        ("/ip/firewall/address-list/print ?list=cortados", "¿Quiénes están en la lista cortados?"),
        ("/ip/firewall/filter/print", "¿Qué reglas de filtro tienes?"),
        ("/ip/dhcp-server/lease/print", "¿Qué reservas DHCP tienes?"),
        ("/user-manager/user/print", "¿Qué usuarios de User Manager tienes?"),
        ("/tool/user-manager/profile/profile-limitation/print", "¿Qué límites de los planes tienes?"),
        ("/system/resource/print", "¿Cómo estás?"),
        ("/system/clock/print", "¿Qué hora tienes?"),
        ("/no/such/menu/print", "/no/such/menu/print"),
        ("/ip/arp/a-new-verb =x=100%", "/ip/arp/a-new-verb"),
        ("GET /nms/api/v2.1/sites?type=endpoint", "¿Qué sitios tienes?"),
        ("POST /nms/api/v2.1/user/login", "Déjame entrar"),
        ("PATCH /otra/cosa", "PATCH /otra/cosa"),
    ],
)
def test_what_is_asked_of_all(sentence: str, meaning: str) -> None:
    assert line(sentence, who="")[0] == meaning


@pytest.mark.parametrize(
    ("sentence", "reply", "ok", "answer"),
    [
        ("/ppp/secret/set =.id=*1", "!done", True, "Hecho"),
        ("/ppp/active/print ?name=ana@red", "!done", True, "Nada"),
        ("/ppp/secret/print", "!re (231)", True, "Aquí están: 231 renglones"),
        ("/ppp/secret/print", "!re =.id=*1 =disabled=true =profile=50M", True, "Deshabilitado, perfil 50M"),
        ("/ppp/active/print", "!re =name=ana =address=10.0.0.9", True, "Con 10.0.0.9"),
        ("/ppp/active/remove", "!trap no such item (4)", False, "Eso ya no existe"),
        ("/ppp/secret/set", "!trap not enough permissions (9)", False, "No tengo permiso para eso"),
        ("/ppp/secret/set", "El router no respondió a tiempo.", False, "El router no respondió a tiempo."),
        ("PATCH /crm/api/v1.0/clients/services/5/suspend", "200", True, "Hecho"),
        ("GET /crm/api/v1.0/clients/services", "200", True, "Aquí está"),
        ("PATCH /crm/api/v1.0/clients/services/5/suspend", "422 ya está", False, "422 ya está"),
    ],
)
def test_what_is_answered(sentence: str, reply: str, ok: bool, answer: str) -> None:
    assert line(sentence, reply, ok=ok)[1] == answer
