"""Model Manager for ComfyUI: every model you own, on one fast screen."""

__version__ = "0.1.0"
