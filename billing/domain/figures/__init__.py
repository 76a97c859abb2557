"""The figures a provider runs the business on: each defined once, read from the ledger and its rows, never kept."""
