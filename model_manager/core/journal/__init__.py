"""Changes of files that are written down before they begin, so that they can be finished or taken back after anything."""
