"""Whoever holds a key of the installation: a file here, or a service elsewhere."""
