"""The demo's world as plain data: two providers, their staff, their routers and their WhatsApp numbers.

The supervisor (config/launch/demo.py) picks a port for each router and for the messaging simulator and keeps them in
`world.json` in the data folder; `manage.py demo_seed --world FILE` reads it, makes what is missing and writes the
files the simulators start from. Nothing here touches the database.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

PASSWORD = "enlace-demo"  # noqa: S105 -- the demo listens on this machine only
ROUTER_USER = "enlace"
SAMPLES = Path(__file__).resolve().parents[1] / "imports" / "samples"


@dataclass(frozen=True)
class Person:
    """A demo login."""

    email: str
    name: str
    role: str


@dataclass(frozen=True)
class Provider:
    """One demo provider. `number` is its WhatsApp number; `account` and `token` its messaging account."""

    slug: str
    name: str
    country: str
    currency: str
    timezone: str
    color: str
    accent: str
    phone: str
    address: str
    legal_name: str
    tax_id: str
    bank_data: str
    account: str
    token: str
    number: str
    routers: tuple[str, ...]
    # The name of its UISP, where it has one beside its routers.
    uisp: str = ""
    staff: tuple[Person, ...] = field(default_factory=tuple)

    @property
    def uisp_password(self) -> str:
        """Of our user in its UISP."""
        return f"uisp-{self.token[:8]}"

    def uisp_words(self, world: World) -> list[str]:
        """Return how its simulated UISP is started."""
        return [
            "simulators.uisp",
            f"--port={world.uisp_port}",
            f"--state={world.uisp_file(self.slug)}",
            f"--user={ROUTER_USER}",
            f"--password={self.uisp_password}",
        ]

    @property
    def clients_file(self) -> Path:
        """The shipped client list."""
        return SAMPLES / f"{self.slug}_clientes.json"

    @property
    def invoices_file(self) -> Path:
        """The shipped invoice list."""
        return SAMPLES / f"{self.slug}_facturas.json"


PROVIDERS = (
    Provider(
        slug="norte",
        name="NorteNet",
        country="MX",
        currency="MXN",
        timezone="America/Mexico_City",
        color="#0f6fde",
        accent="#12b886",
        phone="+52 311 210 4455",
        address="Av. México 120, Centro, Tepic, Nayarit",
        legal_name="Norte Net Telecomunicaciones S.A. de C.V.",
        tax_id="NNT180515AB1",
        bank_data="Transferencia SPEI a BBVA\nCLABE 0125 6000 1234 5678 91\nO en efectivo en la oficina, de 9 a 18 h",
        account="AC" + "1" * 32,
        token="norte" + "0" * 27,
        number="+5213112104455",
        routers=("RB-Centro", "RB-Norte", "RB-Sur"),
        staff=(
            Person("duena@norte.example", "Regina Lozano", "owner"),
            Person("cobranza@norte.example", "Óscar Peña", "collections"),
            Person("soporte@norte.example", "Lucía Ibáñez", "support"),
            Person("tecnico@norte.example", "Hugo Quispe", "technician"),
        ),
    ),
    Provider(
        slug="sur",
        name="FibraSur",
        country="PE",
        currency="PEN",
        timezone="America/Lima",
        color="#f2b705",
        accent="#7a1fa2",
        phone="+51 64 231 900",
        address="Jr. Real 455, Huancayo, Junín",
        legal_name="Fibra Sur E.I.R.L.",
        tax_id="20601234506",
        bank_data="BCP, cuenta en soles 355-1234567-0-89\nYape o Plin al 964 231 900",
        account="AC" + "2" * 32,
        token="sur" + "0" * 29,
        number="+51964231900",
        routers=("CCR-Tambo", "CCR-Pilcomayo"),
        uisp="UISP-Torres",
        staff=(
            Person("dueno@sur.example", "Íñigo Mamani", "owner"),
            Person("cobranza@sur.example", "Begoña Tovar", "collections"),
        ),
    ),
)
PLATFORM_STAFF = Person("plataforma@enlace.example", "Plataforma", "owner")


@dataclass
class RouterPlace:
    """Where one simulated router listens and the file its secrets come from."""

    provider: str
    name: str
    port: int
    password: str
    state: str


@dataclass
class World:
    """What world.json holds. `web` is the one address people use; `folder` is where the simulators' files go.

    `customers` makes each list shorter, for a quick run; None is the shipped length.
    """

    folder: str
    web: int
    messaging_port: int
    messaging_config: str
    routers: list[RouterPlace]
    customers: int | None = None
    gateway_ports: dict[str, int] = field(default_factory=dict)
    # Of the simulated UISP; 0 is none.
    uisp_port: int = 0
    # Where the providers' own sites are, with the chat on them; 0 is nowhere.
    site_port: int = 0

    @classmethod
    def plan(
        cls, folder: Path, *, web: int, messaging_port: int, router_ports: list[int], customers: int | None = None
    ) -> World:
        """Lay out the world in `folder`, one port for each router in the order of `router_names()`."""
        places = [
            RouterPlace(slug, name, port, f"{slug}-{port}", str(folder / f"router-{slug}-{name}.json"))
            for (slug, name), port in zip(router_names(), router_ports, strict=True)
        ]
        return cls(str(folder), web, messaging_port, str(folder / "messaging.json"), places, customers)

    @classmethod
    def read(cls, path: Path) -> World:
        """Read world.json. Raises OSError, ValueError when it is not one."""
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**data, "routers": [RouterPlace(**place) for place in data["routers"]]})

    def write(self, path: Path) -> None:
        """Write world.json."""
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    def gateway_file(self, kind: str) -> str:
        """Return where the accounts of a simulated payment gateway are written down."""
        return str(Path(self.folder) / f"gateway-{kind}.json")

    def uisp_file(self, provider: str) -> str:
        """Return where the sites of a simulated UISP are written down."""
        return str(Path(self.folder) / f"uisp-{provider}.json")

    def site_file(self) -> str:
        """Return where the providers' own sites are written down."""
        return str(Path(self.folder) / "sites.json")

    def reachable(self) -> list[str]:
        """Return the exact places on this machine where routers may be reached."""
        ports = [place.port for place in self.routers] + ([self.uisp_port] if self.uisp_port else [])
        return [f"127.0.0.1:{port}" for port in ports]

    def router(self, provider: str, name: str) -> RouterPlace:
        """Return the place of one router. Raises KeyError."""
        for place in self.routers:
            if (place.provider, place.name) == (provider, name):
                return place
        raise KeyError(provider, name)

    def host_of(self, slug: str) -> str:
        """Return the host and port of a provider's pages."""
        return f"{slug}.localhost:{self.web}"


GATEWAYS = ("conekta", "mercadopago", "stripe")


def router_names() -> list[tuple[str, str]]:
    """Return (provider, router) for every simulated router."""
    return [(provider.slug, name) for provider in PROVIDERS for name in provider.routers]
