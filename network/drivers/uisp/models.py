"""What UISP tells, as far as we use it. Nearly all of it may be null or absent, and unknown fields are ignored.

A field of a type that no description promised counts as absent: a new version must not stop the cuts. Only the ids
are needed; a row without one is no row.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticUseDefault

PREPARED, ACTIVE, ENDED, SUSPENDED, BLOCKED, OBSOLETE, DEFERRED, QUOTED, INACTIVE = range(9)
# What keeps a service's customer off, and what is no service any more.
OFF = frozenset({SUSPENDED, BLOCKED, INACTIVE})
OVER = frozenset({ENDED, OBSOLETE})


class Told(BaseModel):
    """Anything that UISP tells."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, coerce_numbers_to_str=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_absent(cls, value: Any, handler: Any, info: Any) -> Any:
        if info.field_name in {"id", "identification"}:
            return handler(value)
        if value is None:
            raise PydanticUseDefault
        try:
            return handler(value)
        except ValidationError:
            raise PydanticUseDefault from None


class Version(Told):
    """GET /nms/version, and the CRM's /version."""

    version: str = ""


class SiteIdentification(Told):
    """Which site, and whether it is suspended."""

    id: str
    type: str = ""
    name: str = ""
    suspended: bool = False


class SiteDescription(Told):
    """What people wrote of a site."""

    note: str = ""
    address: str = ""
    ip_addresses: list[str] = Field(default=[], alias="ipAddresses")


class Shaping(Told):
    """A site's speed, in bit/s; null is no limit. What is not ours to set is sent back as it was."""

    enabled: bool = False
    download: int | None = Field(default=None, alias="downloadSpeed")
    upload: int | None = Field(default=None, alias="uploadSpeed")
    download_burst: int | None = Field(default=None, alias="downloadBurstSize")
    upload_burst: int | None = Field(default=None, alias="uploadBurstSize")
    aggregation: int | None = None
    propagation: str | None = None


class Bound(Told):
    """A client or service of the CRM that a site is bound to."""

    id: str
    name: str = ""


class SiteUcrm(Told):
    """What the CRM knows of a site."""

    client: Bound | None = None
    service: Bound | None = None


class Site(Told):
    """A place; `endpoint` is a customer's home."""

    identification: SiteIdentification
    description: SiteDescription = SiteDescription()
    qos: Shaping = Shaping()
    ucrm: SiteUcrm = SiteUcrm()


class DeviceSite(Told):
    """Where a device stands."""

    id: str


class DeviceIdentification(Told):
    """Which device."""

    id: str
    name: str = ""
    mac: str = ""
    role: str = ""
    status: str = ""
    site: DeviceSite | None = None


class DeviceOverview(Told):
    """How a device is; seconds up."""

    status: str = ""
    uptime: float = 0


class Device(Told):
    """A radio or router; its address is with or without the length of its network."""

    identification: DeviceIdentification
    ip_address: str = Field(default="", alias="ipAddress")
    overview: DeviceOverview = DeviceOverview()

    @property
    def ip(self) -> str:
        """Its address alone."""
        return self.ip_address.partition("/")[0]

    @property
    def is_online(self) -> bool:
        """Whether UISP hears it."""
        return (self.overview.status or self.identification.status) == "active"


class Service(Told):
    """A service of the CRM; speeds in Mbit/s, null is no limit where it overrides the plan's."""

    id: int
    client_id: int = Field(default=0, alias="clientId")
    status: int = ACTIVE
    name: str = ""
    plan_id: int = Field(default=0, alias="servicePlanId")
    period_id: int = Field(default=0, alias="servicePlanPeriodId")
    plan_name: str = Field(default="", alias="servicePlanName")
    download: float | None = Field(default=None, alias="downloadSpeed")
    upload: float | None = Field(default=None, alias="uploadSpeed")
    is_overridden: bool = Field(default=False, alias="trafficShapingOverrideEnabled")
    download_override: float | None = Field(default=None, alias="downloadSpeedOverride")
    upload_override: float | None = Field(default=None, alias="uploadSpeedOverride")
    site_id: str = Field(default="", alias="unmsClientSiteId")
    site_status: str = Field(default="", alias="unmsClientSiteStatus")
    reason_id: int | None = Field(default=None, alias="suspensionReasonId")
    address: str = Field(default="", alias="fullAddress")
    note: str = ""


class Client(Told):
    """A customer of the CRM."""

    id: int
    first: str = Field(default="", alias="firstName")
    last: str = Field(default="", alias="lastName")
    company: str = Field(default="", alias="companyName")
    ident: str = Field(default="", alias="userIdent")

    @property
    def label(self) -> str:
        """What it is called."""
        return self.company or f"{self.first} {self.last}".strip()


class Period(Told):
    """A plan's price for some months; a service is put on a plan by it."""

    id: int
    period: int = 0
    enabled: bool = False


class ServicePlan(Told):
    """A plan; speeds in Mbit/s."""

    id: int
    name: str = ""
    download: float | None = Field(default=None, alias="downloadSpeed")
    upload: float | None = Field(default=None, alias="uploadSpeed")
    periods: list[Period] = []


class Reason(Told):
    """Why a service is suspended."""

    id: int
    name: str = ""


T = TypeVar("T", bound=Told)


def read_rows(kind: type[T], rows: object) -> list[T]:
    """Return the rows that are what they should be. Raises ValueError when it is no list, or none of its rows is."""
    if not isinstance(rows, list):
        raise ValueError("a list was expected")  # noqa: TRY004 -- what came from outside has the wrong value
    found = []
    for row in rows:
        try:
            found.append(kind.model_validate(row))
        except ValidationError:
            continue  # without an id there is nothing to name it by
    if rows and not found:
        raise ValueError("nothing of what was expected")
    return found


def read_row(kind: type[T], row: object) -> T:
    """Return one. Raises ValueError when it is not what it should be."""
    return kind.model_validate(row)
