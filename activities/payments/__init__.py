"""Paying over x402, settling by chain evidence, claiming refunds."""
