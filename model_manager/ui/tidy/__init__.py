"""Tidying up in the window: its pages, sheets and menus."""
