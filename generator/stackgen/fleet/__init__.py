"""The environments of a build, and the objects of a bundle, in one process or several."""

from __future__ import annotations

import os


def cores() -> int:
    """The number of processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1
