"""Evaluation in a process of its own, which ends when its time or memory is used up.

Rego always ends, but it may take very long, and the engine has no timer. The process gets no
environment, so that a policy finds nothing there either.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
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
    return Running(task, job, deadline, memory).result()


class Running:
    """The process of a job, which runs beside this one until its result is asked for."""

    def __init__(self, task: str, job: dict[str, Any], deadline: float, memory: int) -> None:
        """As `run`. Raises PolicyError when the job has no form in JSON."""
        kept = {k: v for k, v in os.environ.items() if k.upper() in ("SYSTEMROOT", "TEMP", "TMP")}
        command = [sys.executable, "-I", "-c", _START.format(path=sys.path)]
        whole = {"task": task, "job": job, "memory": memory, "deadline": deadline}
        try:
            text = json.dumps(whole, ensure_ascii=False).encode()
        except ValueError as error:
            raise PolicyError(f"the documents have no form in JSON: {error}") from None
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=kept)
        self._deadline = deadline
        self._said: tuple[bytes, bytes] | None = None  # None after the deadline
        self._listener = threading.Thread(target=self._listen, args=(text,), daemon=True)
        self._listener.start()

    def _listen(self, text: bytes) -> None:
        try:
            self._said = self._process.communicate(text, timeout=self._deadline)
        except subprocess.TimeoutExpired:
            self.stop()

    def stop(self) -> None:
        """End the process; nothing happens when it has ended."""
        self._process.kill()
        self._process.wait()

    def result(self) -> Any:
        """What the job made. Raises PolicyError."""
        self._listener.join()
        if self._said is None:
            seen.spoil()
            raise PolicyError(f"the policies took longer than {self._deadline:g} s")
        out, errors = self._said
        status = self._process.returncode
        if status != 0:
            seen.spoil()
            last = errors.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise PolicyError(f"the policies stopped with status {status}: {''.join(last)}")
        return json.loads(out)
