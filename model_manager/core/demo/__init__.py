"""The demo library: sixty invented models of every kind, with drawn previews, sidecars of each dialect and a few faults."""

from model_manager.core.demo.build import build_demo

__all__ = ["build_demo"]
