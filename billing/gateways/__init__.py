"""Payment gateways, a folder each. Only billing.domain calls them."""
