"""Starts the program: `python -m model_manager`, the same as the command `model-manager`."""

from model_manager.cli import main

raise SystemExit(main())
