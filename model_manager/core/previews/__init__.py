"""The pictures beside a model: which there are, and which one is shown."""
