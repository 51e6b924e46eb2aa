"""Long work that survives a restart."""
