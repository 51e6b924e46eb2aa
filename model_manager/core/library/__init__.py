"""What is on disk, and what we know of it."""
