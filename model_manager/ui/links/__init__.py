"""Adding models from links: the sheet, its parts, and the desk that opens it."""
