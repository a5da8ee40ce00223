"""How often a process looks for garbage: that of a command, and those that it starts.

A module of its own, because each of these processes begins with other modules.
"""

from __future__ import annotations

import gc

# A run makes much and drops little: looking for garbage every 700 objects took a tenth of a build,
# every 100,000 objects a seventh of one of many environments.
AFTER = 1_000_000


# Checks keep what they find about an object of the input, so that a look finds little garbage.
EACH = 500


def collect_less(inputs: int = 0) -> None:
    """Look for garbage after AFTER new objects from now on; after more for so many objects of the
    input."""
    gc.set_threshold(max(AFTER, EACH * inputs))
