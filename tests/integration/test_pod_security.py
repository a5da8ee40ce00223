"""The verdicts of the Pod Security admission plugin, recorded for the tests that have no Go."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.facts.pod_security_cases import VERSIONS, pods
from tests.facts.test_pod_security import VERDICTS, written
from tests.integration.programs import program


def test_the_recorded_verdicts_are_those_of_the_plugin(request: pytest.FixtureRequest) -> None:
    """`--update-golden` records them again."""
    cases = pods()
    lines = [
        json.dumps({**pod, "metadata": {**pod["metadata"], "name": "a"}}) for pod in cases.values()
    ]
    done = subprocess.run(
        [program("podsecurity"), *VERSIONS], input="\n".join(lines) + "\n", text=True,
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    answers: dict[str, Any] = dict(zip(cases, done.stdout.splitlines(), strict=True))
    text = "".join(written(name, answer.split()) for name, answer in answers.items())
    if request.config.getoption("--update-golden"):
        VERDICTS.write_text(text, encoding="utf-8")
    assert VERDICTS.read_text(encoding="utf-8") == text
