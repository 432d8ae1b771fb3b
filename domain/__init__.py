"""Facts and rules: no I/O, clock, environment or vendor SDK."""
