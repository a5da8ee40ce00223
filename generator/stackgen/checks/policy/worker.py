"""The process in which policies are evaluated with limits: a job in, results out, as JSON."""

from __future__ import annotations

import importlib
import json
import math
import sys

from stackgen.garbage import collect_less

# Module and function. Each is imported when it is asked for: starting is part of the time.
TASKS = {
    "custom": ("conventions", "evaluate_job"),
    "each": ("evaluate", "each"),
    "whole": ("evaluate", "whole"),
}


def main() -> None:
    """Read the job from standard input, write the results to standard output."""
    collect_less()
    given = json.loads(sys.stdin.buffer.read())
    _bound("RLIMIT_AS", given["memory"])
    # The parent waits no longer than the deadline; this holds also when the parent is gone.
    _bound("RLIMIT_CPU", math.ceil(given["deadline"]) + 1)
    module, function = TASKS[given["task"]]
    task = getattr(importlib.import_module(f"stackgen.checks.policy.{module}"), function)
    sys.stdout.buffer.write(json.dumps(task(given["job"])).encode())


def _bound(limit: str, size: int) -> None:
    """End the process when it takes more than `size`; systems without limits go without."""
    try:
        import resource
    except ImportError:
        return
    which = getattr(resource, limit)
    _, most = resource.getrlimit(which)
    if most == resource.RLIM_INFINITY or most > size:
        resource.setrlimit(which, (size, most))
