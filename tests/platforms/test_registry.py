"""A second platform is a folder and a release row: nothing else knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import stackgen.platforms
from stackgen.catalog import validate
from stackgen.catalog.load import Catalog
from stackgen.compiler import Compiled, compile_environment
from stackgen.errors import UsageError
from stackgen.net.flows import flows_of
from stackgen.net.profile import profile_of
from stackgen.net.world import world_of
from stackgen.paths import catalog as shipped
from stackgen.plan.capacity import capacities, cpu_total
from stackgen.platforms import registry

SECOND = Path(__file__).parent / "second"
SPEC = """\
apiVersion: stackgen.dev/v1alpha1
kind: Stack
metadata: {name: second}
spec:
  release: plain-0.1
  cluster:
    project: my-project
    location: europe-west4-a
    controlPlaneCidr: 172.16.0.0/28
    nodeServiceAccount: nodes@my-project.iam.gserviceaccount.com
    nodePools:
      - {name: default-pool, machineType: n1-standard-4, nodes: {min: 1, max: 2}}
      - {name: tpu-pool, accelerator: v6e, topology: 1x1, nodes: {min: 0, max: 2}}
  gateway:
    exposure: internal
    listeners:
      - {name: http, port: 80}
  serving:
    namespace: models
    models:
      - {name: one, model: "hf://Qwen/Qwen2.5-3B-Instruct", nodePool: tpu-pool, scheduler: false}
  observe: {smokeTest: true}
  delivery:
    repository: https://github.com/acme/llm-platform
"""


def _row() -> dict[str, Any]:
    """A row like that of the first release, whose platform is another."""
    text = Path(shipped("releases/llm-d-infra-xks-0.15.yaml")).read_text(encoding="utf-8")
    row: dict[str, Any] = yaml.safe_load(text)
    section = row.pop("kserve")
    for key in ("controller", "controller_requests", "overlay", "api_version", "tls_mount"):
        del section[key]
    del row["ca"]
    # What only controllers of the first platform need is left out of the row.
    row["quirks"] = {
        "probe-scheme": {"why": "No controller adds probes", "source": "this test"},
        "service-account-first": {"why": "The Deployments name it", "source": "this test"},
        "monitoring-off": {"why": "No controller makes monitors", "source": "this test"},
    }
    return {**row, "platform": "plain", "plain": section}


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Compiled]:
    """A stack of the second platform, as it is compiled."""
    path = [*stackgen.platforms.__path__, str(SECOND)]
    monkeypatch.setattr(stackgen.platforms, "__path__", path)
    _forget()
    # The section of the row is the only thing of a platform that the catalog's schema lists.
    release = validate._schema()["$defs"]["release"]["properties"]
    monkeypatch.setitem(release, "plain", {"type": "object"})
    (tmp_path / "stack.yaml").write_text(SPEC, encoding="utf-8")
    rows = tmp_path / "catalog" / "releases"
    rows.mkdir(parents=True)
    (rows / "plain-0.1.yaml").write_text(yaml.safe_dump(_row()), encoding="utf-8")
    yield compile_environment(str(tmp_path), "default", prove=True)
    _forget()


def _forget() -> None:
    registry.platforms.cache_clear()
    registry.predictions.cache_clear()
    registry.network.cache_clear()
    validate._validator.cache_clear()


def _objects(compiled: Compiled, kind: str) -> dict[str, dict[str, Any]]:
    assert compiled.bundle is not None, compiled.findings
    return {r.name: r.data for r in compiled.bundle.objects if r.kind == kind}


def test_the_second_platform_is_found_by_its_folder(second: Compiled) -> None:
    assert registry.platforms() == ("kserve", "llm-d", "plain")
    assert second.plan is not None
    assert registry.rendering_of(second.plan).labels.servers == {"plain.example/part": "server"}


def test_its_models_are_its_objects(second: Compiled) -> None:
    (deployment,) = _objects(second, "Deployment").values()
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["google.com/tpu"] == "1"
    # Without a folder for certificates the servers speak plain HTTP.
    assert not any("ssl" in word for word in container["args"])
    assert set(_objects(second, "Service")) == {"one"}
    assert set(_objects(second, "HTTPRoute")) == {"one"}


def test_nothing_of_the_first_platform_is_rendered(second: Compiled) -> None:
    assert second.bundle is not None
    assert {r.group for r in second.bundle.objects} & {"serving.kserve.io"} == set()
    folders = {r.file.split("/")[-2] for r in second.bundle.objects}
    assert folders & {"kserve", "kserve-presets", "pki"} == set()
    assert "kserve" not in _objects(second, "GitRepository")
    assert _objects(second, "ClusterIssuer") == {}
    assert "volumes" not in _objects(second, "Job")["smoke-test"]["spec"]["template"]["spec"]
    steps = _objects(second, "Kustomization")
    assert not any("kserve" in name or "pki" in name for name in steps)
    assert any(name.endswith("4-serving") for name in steps)


def test_network_policies_select_its_pods(second: Compiled) -> None:
    policies = _objects(second, "NetworkPolicy")
    spec = policies["allow-gateway-to-vllm"]["spec"]
    assert spec["podSelector"]["matchLabels"] == {"plain.example/part": "server"}
    assert "allow-kserve-controller" not in policies
    assert [f.message for f in second.findings if f.rule.family == "network"] == []


def test_the_flows_to_its_servers_are_proven(second: Compiled) -> None:
    assert second.plan is not None and second.bundle is not None
    profile = profile_of(second.plan)
    flows = flows_of(world_of(second.bundle, profile), profile)
    reached = {(f.source.role, f.destination.role) for f in flows if f.kind == "needed"}
    assert ("gateway", "model") in reached
    assert not any("kserve" in pair for pair in reached)
    assert any(f.kind == "forbidden" and f.destination.role == "model" for f in flows)


def test_the_planner_counts_no_controller(second: Compiled) -> None:
    assert second.plan is not None
    total = cpu_total(second.plan, capacities(second.plan, Catalog()), Catalog())
    assert total is not None
    names = {part.name for part in total.parts}
    assert "istiod" in names
    assert "kserve-controller-manager" not in names


def test_a_platform_that_is_no_folder_is_refused_with_a_hint() -> None:
    with pytest.raises(UsageError, match="platform 'kserv'; did you mean \"kserve\""):
        registry.rendering("kserv")


def test_every_release_row_names_a_platform() -> None:
    catalog = Catalog()
    rows = [catalog.release(name) for name in catalog.names("release")]
    named = {row.data["platform"] for row in rows if row is not None}
    assert named == set(registry.platforms()) == {"kserve", "llm-d"}
