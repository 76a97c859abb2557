"""The kinds of equipment we can talk to."""

from network.drivers.base import Driver
from network.drivers.mikrotik.driver import MikroTik

DRIVERS: dict[str, Driver] = {
    "mikrotik": MikroTik(),
}
