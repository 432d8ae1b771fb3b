"""Everything that starts, signals or watches a run."""
