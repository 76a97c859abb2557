"""Ubiquiti's UISP over HTTP: its network side (NMS v2.1, sites) and its CRM (v1.0, services)."""
