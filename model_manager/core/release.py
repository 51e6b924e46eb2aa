"""Lets go of many records a few at a time.

Used where tens of thousands of them were made for one piece of work. Python frees what nobody has any more in one go, in which no other
thread runs: a list of ten thousand acts holds the window up for thirty milliseconds.
"""

from typing import Any, Final

FEW: Final = 100


def let_go(*all_records: list[Any] | dict[Any, Any]) -> None:
    """Empty these, which nobody needs any more."""
    for records in all_records:
        while records:
            if isinstance(records, dict):
                records.popitem()
            else:
                del records[-FEW:]
