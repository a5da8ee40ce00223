"""The process in which other people's policies are evaluated: a job in, results out, as JSON."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Read the job from standard input, write the results to standard output."""
    from stackgen.checks.policy.conventions import judge

    job = json.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(judge(job)).encode())
