"""Demo sellers of x402 services, honest and otherwise: ``python -m deploy.services``."""
