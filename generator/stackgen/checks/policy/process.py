"""Evaluation in a process of its own, which ends when its time or memory is used up.

Rego always ends, but it may take very long, and the engine has no timer. The process gets no
environment, so that a policy finds nothing there either.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from stackgen.cache import seen
from stackgen.checks.policy.engine import PolicyError

_START = (
    "import sys; sys.path[:] = {path!r}; from stackgen.checks.policy.worker import main; main()"
)


def run(task: str, job: dict[str, Any], deadline: float, memory: int) -> Any:
    """What `task`, a name in `worker.TASKS`, makes of `job`; both are plain data.

    deadline, memory: seconds and bytes. Raises PolicyError when it needs more, or stops.
    """
    kept = {k: v for k, v in os.environ.items() if k.upper() in ("SYSTEMROOT", "TEMP", "TMP")}
    command = [sys.executable, "-I", "-c", _START.format(path=sys.path)]
    whole = {"task": task, "job": job, "memory": memory, "deadline": deadline}
    try:
        text = json.dumps(whole, ensure_ascii=False).encode()
        done = subprocess.run(
            command, input=text, capture_output=True, timeout=deadline, env=kept, check=False
        )
    except subprocess.TimeoutExpired:
        seen.spoil()
        raise PolicyError(f"the policies took longer than {deadline:g} s") from None
    except ValueError as error:
        raise PolicyError(f"the documents have no form in JSON: {error}") from None
    if done.returncode != 0:
        seen.spoil()
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise PolicyError(f"the policies stopped with status {done.returncode}: {''.join(last)}")
    return json.loads(done.stdout)
