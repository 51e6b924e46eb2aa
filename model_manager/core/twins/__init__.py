"""Models that are there twice: the same bytes, the same weights, or the same name."""
