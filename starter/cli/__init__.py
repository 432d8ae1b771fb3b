"""The commands, grouped by what they touch."""
