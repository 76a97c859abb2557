"""The ways RouterOS lets customers through, by the name the rest of the product knows them by."""

from network.drivers.mikrotik.methods.arp import Arp
from network.drivers.mikrotik.methods.base import Method
from network.drivers.mikrotik.methods.binding import Binding
from network.drivers.mikrotik.methods.dhcp import Dhcp
from network.drivers.mikrotik.methods.hotspot import Hotspot
from network.drivers.mikrotik.methods.listing import Listing
from network.drivers.mikrotik.methods.pcq import Pcq
from network.drivers.mikrotik.methods.pppoe import Pppoe
from network.drivers.mikrotik.methods.queue import Queue
from network.drivers.mikrotik.methods.user_manager import UserManager

METHODS: dict[str, Method] = {
    method.kind: method
    for method in (Pppoe(), Listing(), Queue(), Dhcp(), Hotspot(), Binding(), Arp(), UserManager(), Pcq())
}
# Methods whose customers need no row to pass.
IMPLIED = frozenset({Listing.kind})
