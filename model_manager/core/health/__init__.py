"""What needs attention in a library, and what mends it."""
