"""What the installation knows and has learned. It can be lost without losing money."""
