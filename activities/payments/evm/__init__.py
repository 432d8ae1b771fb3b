"""Payments on EVM networks: readers of the chain, one rail for each scheme, a keyfile signer."""
