"""The local stack: its parts as processes, watched, restarted and ended together."""
