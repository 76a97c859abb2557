"""How customers get on: PPPoE sessions, leases, hotspot logins, User Manager's accounts."""
