"""Lets a file have a hole where nothing is written yet. Everywhere but on Windows each file may; there it must be asked for.

Called by partials. Where it does not work the file takes its room at once, which is slower and does no other harm.
"""

import sys


def make_sparse(handle: int) -> None:
    """Ask Windows for holes in the file that is open as `handle` (FSCTL_SET_SPARSE of winioctl.h); nothing to do elsewhere."""
    if sys.platform == "win32":
        import ctypes
        import msvcrt
        from ctypes import wintypes

        done = wintypes.DWORD()
        whole = wintypes.HANDLE(msvcrt.get_osfhandle(handle))
        ctypes.windll.kernel32.DeviceIoControl(whole, 0x900C4, None, 0, None, 0, ctypes.byref(done), None)
