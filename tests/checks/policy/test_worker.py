"""The process that evaluates policies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

from stackgen.checks.policy import custom

POLICY = """package main
import rego.v1
many := numbers.range(1, 5000)
deny contains "x" if { some a in many; some b in many; some c in many; a * b * c < 0 }
"""


def test_it_ends_by_itself_when_its_time_is_used_up() -> None:
    """Also where nothing waits for it any more."""
    job = {
        "policies": [("a.rego", POLICY)], "data": {}, "documents": [{"path": "a", "contents": {}}],
        "combine": False, "kinds": [],
    }  # fmt: skip
    given = {"task": "custom", "job": job, "memory": custom.MEMORY_BYTES, "deadline": 0}
    code = "from stackgen.checks.policy.worker import main; main()"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, input=json.dumps(given).encode(), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == -signal.SIGXCPU.value
