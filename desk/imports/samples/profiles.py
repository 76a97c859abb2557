"""The two providers that the samples describe, one in Mexico and one in Peru; everyone is invented."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ZoneProfile:
    """A WispHub zone: the customers who are billed and cut on the same day."""

    id: int
    name: str
    cut_day: int
    router: int
    weight: int


@dataclass(frozen=True, slots=True)
class PlanProfile:
    """A plan with its monthly price, tax included, in the provider's currency."""

    id: int
    name: str
    price: Decimal
    weight: int


@dataclass(frozen=True, slots=True)
class ProviderProfile:
    """What makes one provider's lists differ from another's."""

    seed: int
    size: int
    city: str
    country: str
    center: tuple[float, float]
    tax_rate: Decimal
    zones: tuple[ZoneProfile, ...]
    plans: tuple[PlanProfile, ...]
    routers: dict[int, str]
    networks: dict[int, str]
    realm: str
    # Numbers begin with digits that no operator assigns, so that a demo never messages a real phone.
    phone_prefix: str
    phone_digits: int
    payment_methods: tuple[str, ...]
    street: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    businesses: tuple[str, ...]


_FIRST_NORTE = """
Pedro Lucía Julia María Rosa Hugo Ana Ángel Inés Raúl Íñigo José Óscar Begoña Miguel Andrés Verónica Jorge
Elena Sofía Luis Carlos Zoila Ximena Guadalupe Refugio Concepción Araceli
"""
_LAST_NORTE = """
Ñaupari Gómez Ramírez Mamani Peña Rojas Argüello Castillo Torres Muñoz Ibáñez Yáñez Núñez Vásquez Huamán
Quispe Ordóñez Pérez Ccopa Hernández Íñiguez Güemes
"""
_FIRST_SUR = """
Yesenia Wilfredo Nélida Teófilo Flor Máximo Luz Édgar Noemí Rómulo Sonia Percy Maribel Abel Gladys Fortunato
Yovana César Hermelinda Ítalo
"""
_LAST_SUR = """
Huamaní Poma Ñahui Cárdenas Inga Rivas Orihuela Cóndor Palomino Aliaga Baldeón Camarena Chuquín Espíritu
Gutiérrez Meza Ñáñez Quiñones Romaní Samaniego Tovar Véliz
"""

NORTE = ProviderProfile(
    seed=20261101,
    size=536,
    city="Tepic",
    country="MX",
    center=(21.5042, -104.8946),
    tax_rate=Decimal("0.16"),
    zones=(
        ZoneProfile(1, "Centro", 3, 11, 21),
        ZoneProfile(2, "Norte", 5, 12, 23),
        ZoneProfile(3, "San Martín", 10, 12, 18),
        ZoneProfile(4, "Valle Alto", 18, 13, 19),
        ZoneProfile(5, "Ribera", 28, 13, 19),
    ),
    plans=(
        PlanProfile(24, "Básico 10M", Decimal("250.00"), 16),
        PlanProfile(21, "Plan 20 Mbps", Decimal("350.00"), 37),
        PlanProfile(22, "Plan 50 Mbps", Decimal("450.00"), 28),
        PlanProfile(23, "Plan 100 Mbps", Decimal("600.00"), 16),
        PlanProfile(25, "Empresarial 200M", Decimal("1299.50"), 3),
    ),
    routers={11: "RB-Centro", 12: "RB-Norte", 13: "RB-Sur"},
    networks={11: "10.11", 12: "10.12", 13: "10.13"},
    realm="red",
    phone_prefix="5500",
    phone_digits=10,
    payment_methods=("Efectivo", "Oxxo", "Transferencia"),
    street="Calle",
    first_names=tuple(_FIRST_NORTE.split()),
    last_names=(*_LAST_NORTE.split(), "Del Águila", "De la Garza"),
    businesses=("Abarrotes La Güera", "Ferretería Ibáñez", "Papelería El Búho", "Taller Núñez e Hijos"),
)

SUR = ProviderProfile(
    seed=20261102,
    size=180,
    city="Huancayo",
    country="PE",
    center=(-12.0651, -75.2049),
    tax_rate=Decimal("0.18"),
    zones=(
        ZoneProfile(31, "El Tambo", 5, 41, 40),
        ZoneProfile(32, "Chilca", 15, 41, 34),
        ZoneProfile(33, "Pilcomayo", 20, 42, 26),
    ),
    plans=(
        PlanProfile(61, "Hogar 30 Mbps", Decimal("49.00"), 34),
        PlanProfile(62, "Hogar 60 Mbps", Decimal("65.00"), 38),
        PlanProfile(63, "Fibra 120 Mbps", Decimal("89.90"), 22),
        PlanProfile(64, "Negocio 200 Mbps", Decimal("189.00"), 6),
    ),
    routers={41: "CCR-Tambo", 42: "CCR-Pilcomayo"},
    networks={41: "10.41", 42: "10.42"},
    realm="fibrasur",
    phone_prefix="9000",
    phone_digits=9,
    payment_methods=("Efectivo", "Yape", "Transferencia"),
    street="Jr.",
    first_names=tuple(_FIRST_SUR.split()),
    last_names=(*_LAST_SUR.split(), "De la Cruz"),
    businesses=("Bodega Rosita", "Hostal Los Andes", "Botica Señor de Muruhuay"),
)

PROFILES = {"norte": NORTE, "sur": SUR}
