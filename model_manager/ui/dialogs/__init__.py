"""Sheets that show a plan before anything is done, and how it went."""
