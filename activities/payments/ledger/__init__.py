"""The payment ledger: what is remembered before a byte leaves, and what is proven after."""
