"""The library as cards and as a table, over one model and one selection."""
