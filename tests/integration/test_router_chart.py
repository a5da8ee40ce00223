"""What the stack renders for llm-d's router, against what the router's own chart renders."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration import sources
from tests.integration.programs import program
from tests.platforms.llm_d.test_model import GKE, HOST, ISTIO, _built, _named

CHART = "llm-d-router-gateway"
# What llm-d's guides set, and what this stack is called.
VALUES = {
    "httpRoute.create": "true",
    "router.modelServers.matchLabels.app": "qwen",
    "router.epp.image.tag": "v0.10.0",
    "router.epp.flags.v": "2",
    "router.epp.resources.requests.cpu": "4",
}
# The stack has these in another form: the picker's configuration is a flag of its, and a role of
# Kubernetes lets it ask who reads its metrics.
ELSEWHERE = {"ConfigMap", "ClusterRole"}


@pytest.fixture(scope="module", params=["gke", "istio"])
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The provider, and the objects of the chart and of the stack, by kind."""
    source = sources.found("llm_d_router")
    if source is None or not (source / "config" / "charts" / CHART).is_dir():
        pytest.skip("the source llm_d_router cannot be had")
    charts: Path = tmp_path_factory.mktemp("charts") / "charts"
    shutil.copytree(source / "config" / "charts", charts)
    helm, chart = str(program("helm")), str(charts / CHART)
    subprocess.run([helm, "dependency", "build", chart], check=True, capture_output=True)
    values = {**VALUES, "provider.name": request.param}
    options = [word for item in values.items() for word in ("--set", "=".join(item))]
    made = subprocess.run(
        [helm, "template", "qwen", chart, "--namespace", "models", *options],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    theirs = {d["kind"]: d for d in yaml.safe_load_all(made.stdout) if d}
    built = _built(GKE if request.param == "gke" else ISTIO, HOST)
    assert built.bundle is not None
    ours = {r.kind: r.data for r in built.bundle.objects if r.layer == "4-serving"}
    ours["Deployment"] = _named(built, "Deployment")["qwen-picker"]
    return request.param, theirs, ours


def _container(data: dict[str, Any]) -> dict[str, Any]:
    (container,) = data["spec"]["template"]["spec"]["containers"]
    found: dict[str, Any] = container
    return found


def _flags(container: dict[str, Any]) -> dict[str, str]:
    """The flags of the picker. A word without `=` has its value in the next one."""
    words, found = [str(w) for w in container["args"]], {}
    for i, word in enumerate(words):
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            found[name] = value if equals else words[i + 1]
    return found


def test_the_stack_has_every_kind_of_the_chart(both: Any) -> None:
    _, theirs, ours = both
    assert theirs.keys() - ours.keys() <= ELSEWHERE


def test_the_picker_has_the_flags_probes_and_requests_of_the_chart(both: Any) -> None:
    _, theirs, ours = both
    spec, mine = theirs["Deployment"]["spec"], ours["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (mine["replicas"], mine["strategy"])
    grace = "terminationGracePeriodSeconds"
    assert spec["template"]["spec"][grace] == mine["template"]["spec"][grace]
    chart, stack = _container(theirs["Deployment"]), _container(ours["Deployment"])
    assert chart["image"] == stack["image"]
    assert chart["ports"] == stack["ports"]
    for probe in ("livenessProbe", "readinessProbe"):
        assert chart[probe]["grpc"] == stack[probe]["grpc"]
    asked = {k: str(v) for k, v in chart["resources"]["requests"].items()}
    assert asked == {k: str(v) for k, v in stack["resources"]["requests"].items()}
    assert chart["resources"]["limits"] == stack["resources"]["limits"]
    flags, mine = _flags(chart), _flags(stack)
    own = {"--config-file", "--pool-name"}
    assert {k: v for k, v in flags.items() if k not in own}.items() <= mine.items()


def test_the_picker_has_the_configuration_of_the_chart(both: Any) -> None:
    _, theirs, ours = both
    text = theirs["ConfigMap"]["data"]["default-plugins.yaml"]
    mine = _flags(_container(ours["Deployment"]))["--config-text"]
    assert yaml.safe_load(text) == yaml.safe_load(mine)


def test_the_pool_is_that_of_the_chart(both: Any) -> None:
    _, theirs, ours = both
    chart, stack = theirs["InferencePool"]["spec"], ours["InferencePool"]["spec"]
    assert chart["targetPorts"] == stack["targetPorts"]
    picker, mine = chart["endpointPickerRef"], stack["endpointPickerRef"]
    assert (picker["port"], picker["failureMode"]) == (mine["port"], mine["failureMode"])
    # `http` is the default of the definition.
    assert chart.get("appProtocol", "http") == stack.get("appProtocol", "http")
    ports = {p["port"]: p.get("appProtocol") for p in theirs["Service"]["spec"]["ports"]}
    (port,) = ours["Service"]["spec"]["ports"]
    assert ports[port["port"]] == port["appProtocol"]


def test_the_gateway_is_told_the_same(both: Any) -> None:
    provider, theirs, ours = both
    if provider == "istio":
        policy = "trafficPolicy"
        rules = [side["DestinationRule"]["spec"][policy] for side in (theirs, ours)]
        assert rules[0] == rules[1]
        return
    chart, stack = (side["HealthCheckPolicy"]["spec"]["default"] for side in (theirs, ours))
    check = stack["config"]["httpHealthCheck"]
    # The present definition asks for it.
    assert check.pop("portSpecification") == "USE_FIXED_PORT"
    assert chart == stack
