"""The process that evaluates policies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from stackgen.checks.context import Context
from stackgen.checks.policy import custom, pass_shipped, process
from stackgen.checks.policy.engine import PolicyError
from stackgen.manifest.resource import Bundle, Resource

POLICY = """package main
import rego.v1
many := numbers.range(1, 5000)
deny contains "x" if { some a in many; some b in many; some c in many; a * b * c < 0 }
"""
JOB = {
    "policies": [("a.rego", POLICY)], "data": {}, "documents": [{"path": "a", "contents": {}}],
    "combine": False, "kinds": [],
}  # fmt: skip


def test_it_ends_by_itself_when_its_time_is_used_up() -> None:
    """Also where nothing waits for it any more."""
    given = {"task": "custom", "job": JOB, "memory": custom.MEMORY_BYTES, "deadline": 0}
    code = "from stackgen.checks.policy.worker import main; main()"
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, input=json.dumps(given).encode(), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == -signal.SIGXCPU.value


def test_it_is_stopped_when_its_result_is_not_wanted() -> None:
    running = process.Running("custom", JOB, 50, custom.MEMORY_BYTES)
    running.stop()
    with pytest.raises(PolicyError, match="stopped with status -9"):
        running.result()


def test_it_works_beside_other_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
        for name in ("a", "b")
        for spec in [{"replicas": 2, "template": {"spec": {"containers": [{"name": "x"}]}}}]
    ]
    bundle = Bundle(tuple(Resource(data, "f") for data in objects))
    here = list(pass_shipped.check(Context(bundle)))
    monkeypatch.setattr(pass_shipped, "_LIMITS", pass_shipped.Limits(documents=1))
    context = Context(bundle)
    end = pass_shipped.ahead(context)
    assert list(pass_shipped.check(context)) == here != []
    end()
