"""Temporal's development server, as Caravan runs it."""
