"""The ledger's shapes through time."""
