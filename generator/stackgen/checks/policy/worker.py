"""The process in which other people's policies are evaluated: a job in, results out, as JSON."""

from __future__ import annotations

import json
import math
import sys


def main() -> None:
    """Read the job from standard input, write the results to standard output."""
    from stackgen.checks.policy.conventions import evaluate_job

    job = json.loads(sys.stdin.buffer.read())
    _bound("RLIMIT_AS", job["memory"])
    # The parent waits no longer than the deadline; this holds also when the parent is gone.
    _bound("RLIMIT_CPU", math.ceil(job["deadline"]) + 1)
    sys.stdout.buffer.write(json.dumps(evaluate_job(job)).encode())


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
