"""The panel that shows all that is known of one model."""

from model_manager.ui.details.panel import DetailsPanel

__all__ = ["DetailsPanel"]
