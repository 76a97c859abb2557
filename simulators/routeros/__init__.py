"""A RouterOS that answers the binary API over real TCP, for drivers to be tested on the wire they will meet.

It imports no application and no application imports it. See server.RouterSimulator for use in tests and
`python -m simulators.routeros --help` for a process of its own.
"""
