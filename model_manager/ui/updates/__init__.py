"""The page of newer versions."""
