"""Drafting plans from requests."""
