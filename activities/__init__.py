"""Effects, one folder per outside concern."""
