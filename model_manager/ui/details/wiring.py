"""Connects the details panel with the session's details, once, for the main window: what is read, written and opened for a model."""


from model_manager.bridge.details import Details
from model_manager.ui.details.panel import DetailsPanel
from model_manager.ui.open_page import open_page


def connect_panel(panel: DetailsPanel, details: Details) -> None:
    """Let the panel show what `details` reads, and have its notes written."""
    details.tree_ready.connect(panel.show_tree)
    details.tree_failed.connect(panel.show_tree_problem)
    details.picture_ready.connect(panel.show_picture)
    details.notes_saved.connect(panel.notes_written)
    details.notes_failed.connect(panel.notes_failed)
    panel.picture_wanted.connect(lambda preview, size: details.fetch_picture(preview, size.width(), size.height()))
    panel.notes_saved.connect(details.save_notes)
    panel.link_opened.connect(open_page)
