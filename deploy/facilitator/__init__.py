"""A local x402 facilitator with bazaar discovery: ``python -m deploy.facilitator``."""
