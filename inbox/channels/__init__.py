"""What carries messages: one folder a kind, behind the contract in ``base``."""
