"""A target of a latency that is too low names one that works, and what happens until then."""

from __future__ import annotations

from typing import Any

from tests.stacks import of_one_model

TRAFFIC = {"requestsPerSecond": 5, "inputTokens": 1000, "outputTokens": 200}


def findings(target: float, **slo: Any) -> list[tuple[str, str, str]]:
    found = of_one_model(
        "kserve-0.21", {"exposure": "internal"}, {"accelerator": "v6e", "topology": "2x4"}, True,
        replicas=None, traffic=TRAFFIC, slo=slo,
        autoscaling={"max": 3, "metric": "ttft", "target": target},
    )  # fmt: skip
    return [
        (f.message, f.impact, f.remedy) for f in found.findings if f.rule.id == "autoscaling-target"
    ]


def test_the_value_at_the_end_works() -> None:
    ((message, impact, remedy),) = findings(0.01)
    said, _, works = message.rpartition("; a target that works: ")
    assert said.endswith("KEDA adds servers up to autoscaling.max")
    assert impact.startswith("All servers up to") and not remedy  # that of the rule's page
    assert findings(float(works)) == []


def test_servers_that_never_go_run_on() -> None:
    ((message, impact, _),) = findings(0.06)
    assert "never removes a server" in message and "run on" in impact


def test_a_limit_below_an_idle_server_has_no_target() -> None:
    ((message, _, remedy),) = findings(0.01, ttft={"p95": "60ms"})
    assert message.endswith("; no target works") and "raise `slo.ttft`" in remedy
