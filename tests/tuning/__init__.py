"""Lessons that teach the shipped embedding model which services serve which requests."""
