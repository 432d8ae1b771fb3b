"""Sellers that break their promises, each in one way, on purpose and measurably."""
