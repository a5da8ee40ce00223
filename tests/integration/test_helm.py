"""Helm renders every chart with the stack's values, and what the stack says of a chart is true."""

from __future__ import annotations

import base64
import copy
import json
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

import pytest
import yaml

from stackgen.catalog.load import Catalog
from stackgen.facts.quantity import cpus, in_gib
from tests.integration import delivery, sources
from tests.integration.charts import Install, Rendering, brought, installed, installs, template
from tests.integration.definitions import Definition, definitions_in
from tests.integration.overlays import of_others
from tests.integration.programs import program
from tests.integration.rendered import NAMES, Object, Stack, identity
from tests.manifest.gotemplate.samples import of_expressions, recorded

PROBE = "stackgen-probe"
Path = tuple[str | int, ...]


@pytest.fixture(scope="module")
def all_installs(stack_of: Callable[[str], Stack]) -> list[Install]:
    """Every different way in which a stack installs a chart."""
    found = {i for name in NAMES for i in installs(stack_of(name))}
    return sorted(found, key=lambda i: (i.name, i.values))


def _rendering(install: Install) -> Rendering:
    found = template(install)
    if found is None:
        pytest.skip(f"the source {install.source} cannot be had")
    return found


def test_helm_renders_every_chart_with_the_values_of_every_stack(
    all_installs: list[Install],
) -> None:
    assert {i.source for i in all_installs} >= {"charts", "trust_manager", "external_secrets"}
    errors = {i: r.error for i in all_installs if (r := _rendering(i)).error}
    assert errors == {}
    assert all(_rendering(i).objects for i in all_installs)


def test_templates_are_what_helm_makes_of_them(tmp_path: FilePath) -> None:
    """The recorded results of expressions, and charts of the tests, which stackgen renders."""
    folder = of_expressions(tmp_path / "sample")
    command = [str(program("helm")), "template", "r", str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    (data,) = [one["data"] for one in yaml.safe_load_all(run.stdout) if one]
    made = [base64.b64decode(one).decode() for one in data.values()]
    said = {one: text.replace("<no value>", "") for one, text in zip(recorded(), made, strict=True)}
    # Of what is not in this template, helm says its name.
    assert said == recorded() | {".Template.Name": "sample/templates/expressions.yaml"}


def test_every_value_is_used_by_its_chart(all_installs: list[Install]) -> None:
    """Another value in its place changes what Helm renders, or is rejected."""
    unused = [
        f"{install.name}: {'.'.join(map(str, path))}"
        for install in all_installs
        for path, value in _leaves(install.given(), ())
        if _rendering(_changed(install, path, _other(value))) == _rendering(install)
    ]
    assert sorted(set(unused)) == []


def _leaves(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(data, list) and data:
        for i, value in enumerate(data):
            yield from _leaves(value, (*path, i))
    elif path:
        yield path, data


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else PROBE


def _changed(install: Install, path: Path, value: Any) -> Install:
    values = copy.deepcopy(install.given())
    place = values
    for key in path[:-1]:
        place = place[key]  # type: ignore[index]
    place[path[-1]] = value  # type: ignore[index]
    return replace(install, values=json.dumps(values, sort_keys=True))


def test_a_chart_renders_the_operands_that_its_row_names(all_installs: list[Install]) -> None:
    """Argo CD relies on it: there the stack renders no other operand of the kind."""
    rows = sources.charts()
    wrong = {
        f"{install.name}: {kind}"
        for install in all_installs
        for kind in rows.get(install.name, {}).get("renders", ())
        if kind not in {d["kind"] for d in _rendering(install).objects}
    }
    assert wrong == set()


def test_the_plan_counts_the_requests_that_a_chart_renders(all_installs: list[Install]) -> None:
    """Pods, CPU and GiB of every Deployment of a chart, against the row of the release."""
    rows = sources.pods()

    def own(install: Install, rendering: Rendering) -> list[Object]:
        """Without the Deployments that have a row of their own."""
        others = rows.keys() - {install.name}
        return [d for d in rendering.objects if d["metadata"]["name"] not in others]

    counted = {
        install.name: _requested(own(install, rendering))
        for install in all_installs
        if install.name in rows and (rendering := template(install)) is not None
    }
    if not counted:
        pytest.skip("the charts cannot be had")
    assert {"cert-manager-operator", "sail-operator", "lws-operator"} <= counted.keys()
    assert counted == {name: _row_of(rows[name]) for name in counted}


@pytest.mark.parametrize(
    ("name", "release"),
    [("reference/prod", "llm-d-infra-xks-0.15"), ("kserve-single/prod", "kserve-0.21")],
)
def test_the_plan_counts_the_requests_of_the_kserve_controller(
    name: str, release: str, stack_of: Callable[[str], Stack]
) -> None:
    stack, found_row = stack_of(name), Catalog().release(release)
    assert found_row is not None
    row = found_row.data["kserve"]
    others = [data for _, found in of_others(stack) for data in found or ()]
    charts = [r.objects for i in installs(stack) if (r := template(i)) is not None]
    rendered = [
        data
        for data in (*others, *(data for objects in charts for data in objects))
        if data["kind"] == "Deployment" and data["metadata"]["name"] == row["controller"]
    ]
    if not rendered:
        pytest.skip("the source of KServe cannot be had")
    # Two passes apply the same Deployment.
    counted = {_requested([one]) for one in rendered}
    assert counted == {_row_of({"replicas": 1, **row["controller_requests"]})}


def _requested(objects: list[Object]) -> tuple[int, float, float]:
    pods, cpu, memory = 0, 0.0, 0.0
    for data in objects:
        if data["kind"] != "Deployment":
            continue
        count = data["spec"].get("replicas", 1)
        pods += count
        for container in data["spec"]["template"]["spec"]["containers"]:
            requests = container.get("resources", {}).get("requests", {})
            cpu += count * cpus(str(requests.get("cpu", "0")))
            memory += count * in_gib(str(requests.get("memory", "0")))
    return pods, round(cpu, 4), round(memory, 4)


def _row_of(row: Object) -> tuple[int, float, float]:
    count = row["replicas"]
    return count, round(count * cpus(row["cpu"]), 4), round(count * in_gib(row["memory"]), 4)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_installed_twice(name: str, stack_of: Callable[[str], Stack]) -> None:
    """An object of a chart that the stack renders too has two owners, which would fight."""
    stack = stack_of(name)
    own = {identity(d) for d in stack.files.values()}
    for install in installs(stack):
        twice = own & {
            identity(d) for d in _rendering(install).objects if d["kind"] not in install.dropped
        }
        assert twice <= _replaced(stack, install), install.name


def _replaced(stack: Stack, install: Install) -> set[str]:
    """Objects of a second source of the chart's Application: there the later source counts."""
    found: set[str] = set()
    for data in stack.files.values():
        if data["kind"] == "Application" and data["metadata"]["name"] == install.name:
            for source in data["spec"].get("sources", ()):
                folder = source.get("path", "").removeprefix(f"out/{stack.env}/")
                found |= {identity(d) for f, d in stack.files.items() if f.startswith(f"{folder}/")}
    return found


# Workloads that an operator makes of an object: nothing renders them.
OPERATOR_MADE = {
    "Deployment cert-manager": "CertManager",
    "Deployment cert-manager-cainjector": "CertManager",
    "Deployment cert-manager-webhook": "CertManager",
    "Deployment lws-controller-manager": "LeaderWorkerSetOperator",
    "Deployment istiod": "Istio",
    "DaemonSet istio-cni-node": "IstioCNI",
}


@pytest.mark.parametrize("name", NAMES)
def test_every_health_target_exists(name: str, stack_of: Callable[[str], Stack]) -> None:
    """It is rendered by the stack or by a chart, or an operator makes it of what is rendered."""
    stack = stack_of(name)
    rendered: list[Object] = list(stack.files.values())
    for install in installs(stack):
        rendered += _rendering(install).objects
    for data, found in of_others(stack):
        if found is None:
            pytest.skip(f"the source {data['spec']['sourceRef']['name']} cannot be had")
        rendered += found
    there = {f"{d['kind']} {d['metadata']['name']}" for d in rendered}
    kinds = {d["kind"] for d in rendered}
    missing = [
        f"{data['metadata']['name']} waits for {target}"
        for data in stack.files.values()
        if data["kind"] == "Kustomization"
        for check in data["spec"].get("healthChecks", ())
        if (target := f"{check['kind']} {check['name']}") not in there
        and OPERATOR_MADE.get(target) not in kinds
    ]
    assert missing == []


WITHOUT_KINDS = {"reflector"}  # charts that define no kinds


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_is_defined_before_its_objects(
    name: str, stack_of: Callable[[str], Stack]
) -> None:
    """Of the kinds that a chart or a source of others defines."""
    stack = stack_of(name)
    if stack.engine == "none":
        pytest.skip("an administrator applies it")
    defined: dict[tuple[str, str], set[str]] = defaultdict(set)
    for folder in delivery.folders(stack):
        for definition in _definitions(stack, folder):
            spec = definition["spec"]
            defined[spec["group"], spec["names"]["kind"]].add(folder)
    before = delivery.earlier(stack)
    late = [
        f"{identity(data)} in {folder}"
        for folder in delivery.folders(stack)
        for data in delivery.objects(stack, folder)
        if (by := defined.get((data["apiVersion"].rpartition("/")[0], data["kind"])))
        and by.isdisjoint(before[folder])
    ]
    assert late == []
    if not defined and any(template(install) is None for install in installs(stack)):
        pytest.skip("the charts with the definitions cannot be had")
    assert defined or {install.name for install in installs(stack)} <= WITHOUT_KINDS


def _definitions(stack: Stack, folder: str) -> Iterator[Definition]:
    """What the charts and the sources of others that a folder installs define."""
    inside = {identity(data) for data in delivery.objects(stack, folder)}
    for data, install in installed(stack):
        if identity(data) in inside:
            yield from brought(install)
    for data, found in of_others(stack):
        if identity(data) in inside:
            if found is None:
                pytest.skip(f"the source {data['spec']['sourceRef']['name']} cannot be had")
            yield from definitions_in(found)
