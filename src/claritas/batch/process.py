"""Which process is which, and whether it still lives."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path


def host() -> str:
    """This machine, and on Linux this container: process numbers mean nothing outside it."""
    try:
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:
        space = Path()
    return f"{socket.gethostname()} {space}"


def start_of(process: int) -> str:
    """When a process began, in the kernel's own count; empty if there is none.

    A number alone is no proof: numbers are given out again.
    """
    try:
        after_name = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return _seen(process) if not Path("/proc/self").exists() else ""
    state, start = after_name[0], after_name[19]
    return "" if state == b"Z" else start.decode()


def _seen(process: int) -> str:
    if sys.platform == "win32":  # where signal 0 would end the process
        return "unknown"
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"
