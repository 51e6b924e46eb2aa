"""Regenerate thumbnail: the dialogs for one model and for many, and what wires them to the session."""
