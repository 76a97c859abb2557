"""The kinds of equipment we can talk to."""

from network.drivers.base import Driver
from network.drivers.mikrotik.driver import MikroTik
from network.drivers.uisp.crm import UispCrm
from network.drivers.uisp.nms import UispNms

DRIVERS: dict[str, Driver] = {
    "mikrotik": MikroTik(),
    "uisp_nms": UispNms(),
    "uisp_crm": UispCrm(),
}
