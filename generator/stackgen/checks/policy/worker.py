"""The process in which other people's policies are evaluated: a job in, results out, as JSON."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Read the job from standard input, write the results to standard output."""
    from stackgen.checks.policy.conventions import evaluate_job

    job = json.loads(sys.stdin.buffer.read())
    _bound(job["memory"])
    sys.stdout.buffer.write(json.dumps(evaluate_job(job)).encode())


def _bound(size: int) -> None:
    """End the process when it takes more than `size` bytes; systems without limits go without."""
    try:
        import resource
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY or most > size:
        resource.setrlimit(resource.RLIMIT_AS, (size, most))
