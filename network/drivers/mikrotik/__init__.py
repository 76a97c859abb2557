"""MikroTik RouterOS over its binary API, PPPoE accounts in /ppp/secret."""
