"""Looking into stored values: transforms, conditions, fan-out."""
