"""Functions that are loaded, with all they need, when they are first called: in the worker, not while the window starts.

Used by the halves of desks in bridge for what they give to the runner. The test of layers reads the names given here as imports.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any


def later(module: str, name: str) -> Callable[..., Any]:
    """Return a function that stands for another one of this program: `later("model_manager.core.x", "do")`, both as they are written."""

    def function(*values: Any) -> Any:
        return getattr(import_module(module), name)(*values)

    function.__name__ = name
    return function
