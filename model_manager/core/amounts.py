"""File sizes and counts in words, for everything that shows them.

Pure functions, called by bridge and ui; they must never look at a file.
"""

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size_text(size: int) -> str:
    """Bytes in decimal units with three figures: 0 B, 43.2 MB, 6.62 GB."""
    value, unit = _scaled(size)
    return f"{size} B" if unit == "B" else f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {unit}"


def short_size(size: int) -> str:
    """Bytes as short as drives and download pages count them, for cards and cells: 12 kB, 228 MB, 6.6 GB."""
    value, unit = _scaled(size)
    return f"{value:.1f} {unit}" if value < 9.95 and unit not in ("B", "kB") else f"{value:.0f} {unit}"


def short_count(count: int) -> str:
    """A large number as short as pages count it: 950, 1.2k, 48k, 3.4M."""
    value, unit = float(count), ""
    for unit in ("", "k", "M", "G"):
        if value < 999.5 or unit == "G":
            break
        value /= 1000
    return f"{value:.1f}{unit}" if unit and value < 9.95 else f"{value:.0f}{unit}"


def _scaled(size: int) -> tuple[float, str]:
    """The size in the largest unit in which it does not round to a thousand less."""
    value, unit = float(size), "B"
    for unit in _UNITS:
        if value < 999.5 or unit == _UNITS[-1]:
            break
        value /= 1000
    return value, unit
