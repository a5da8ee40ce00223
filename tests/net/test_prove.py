"""The proof holds for every stack there is, and breaks with whatever is taken away or added."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackgen.compiler import Compiled, compile_environment, environments
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net import ports as p
from stackgen.net.flows import KINDS, flows_of
from stackgen.net.policies import policies_of
from stackgen.net.profile import data, profile_of
from stackgen.net.prove import nets_of, prove, prove_flows
from stackgen.net.world import world_of
from tests.stacks import ROOT, build_data, of_one_model, split_stack

STACKS = ROOT / "tests" / "cases" / "stacks"
ENVS = ("dev", "prod")
MUTATED = (*ENVS, "sidecars", "gke-gateway", "multi-host")
PEERS = {"ingress": "from", "egress": "to"}


def _broken(compiled: Compiled, bundle: Bundle | None = None) -> list[str]:
    assert compiled.bundle is not None and compiled.plan is not None
    proofs = prove(bundle or compiled.bundle, profile_of(compiled.plan))
    return [
        f"{x.flow.id} {x.flow.kind} {x.flow.source} => {x.flow.destination} {x.wrong}"
        for x in proofs
        if not x.holds
    ]


@pytest.mark.parametrize("env", ENVS)
def test_the_reference_stack_is_proven(env: str) -> None:
    assert _broken(build_data(env)) == []


@pytest.mark.parametrize("name", sorted(f.name for f in STACKS.iterdir() if f.is_dir()))
def test_every_other_stack_is_proven(name: str) -> None:
    root = str(STACKS / name)
    (env,) = environments(root)
    assert _broken(compile_environment(root, env, prove=False)) == []


@pytest.mark.parametrize(
    "more",
    [
        {"cluster": {"dns": "cloud-dns"}},
        {"cluster": {"controlPlaneCidr": "34.90.12.7/32"}},
        {"gateway": {"exposure": "internal"}},
        {"mesh": {"sidecars": True}},
        {
            "mesh": {"sidecars": True},
            "observe": {"smokeTest": True},
            "cluster": {"dns": "cloud-dns"},
        },
        {"observe": {"engine": "none"}},
        {"observe": {"engine": "prometheus-operator"}},
        {"observe": {"smokeTest": True}},
    ],
    ids=lambda more: "-".join(f"{k}.{v}" for x in more.values() for k, v in x.items()),
)
def test_each_choice_of_the_spec_is_proven(more: dict[str, dict[str, Any]]) -> None:
    spec = copy.deepcopy(build_data("prod").loaded.data)
    for part, fields in more.items():
        spec["spec"].setdefault(part, {}).update(fields)
    assert _broken(build_data("prod", spec)) == []


DECLARED: list[dict[str, Any]] = [
    {"from": "monitoring/app=probe", "to": "models", "ports": [8000], "reason": "probes"},
    {"from": "models", "to": "10.20.0.0/24", "ports": [4317, 4318], "reason": "traces"},
    {"from": "gateway", "to": "auth/*", "ports": [50051], "reason": "authorization"},
    {"from": "models", "to": "schedulers", "ports": [5557], "reason": "key-value events"},
    {"from": "schedulers", "to": "8.8.8.8/32", "ports": [53], "protocol": "UDP", "reason": "names"},
]


def _declaring(entries: list[dict[str, Any]]) -> Compiled:
    spec = copy.deepcopy(build_data("prod").loaded.data)
    spec["spec"]["network"] = {"allow": entries}
    compiled = build_data("prod", spec)
    assert compiled.findings == ()
    return compiled


def test_declared_connections_are_rendered_and_proven() -> None:
    compiled = _declaring(DECLARED)
    assert compiled.bundle is not None and compiled.plan is not None
    assert _broken(compiled) == []
    proofs = prove(compiled.bundle, profile_of(compiled.plan))
    told = {(x.flow.id, str(x.flow.ports)) for x in proofs if x.flow.id.startswith("D")}
    assert told == {
        ("D1", "TCP 8000"), ("D2", "TCP 4317-4318"), ("D3", "TCP 50051"), ("D4", "TCP 5557"),
        ("D5", "UDP 53"),
    }  # fmt: skip
    names = {r.name for r in _policies(compiled.bundle) if "declared" in r.name}
    assert names == {
        "allow-declared-1-ingress", "allow-declared-2-egress", "allow-declared-3-egress",
        "allow-declared-4-egress", "allow-declared-4-ingress", "allow-declared-5-egress",
    }  # fmt: skip


def test_every_line_of_a_declared_connection_leads_to_the_spec() -> None:
    compiled = _declaring(DECLARED)
    assert compiled.bundle is not None
    for resource in _policies(compiled.bundle):
        if "declared" in resource.name:
            number = int(resource.name.split("-")[2]) - 1
            origin = resource.origin(("spec",))
            assert origin is not None
            paths = {path[:4] for path in origin.spec_paths()}
            assert ("spec", "network", "allow", number) in paths


def test_a_declared_connection_that_is_forbidden_is_found() -> None:
    compiled = _declaring([
        {"from": "models", "to": "gateway", "ports": [80], "reason": "agents"},
    ])  # fmt: skip
    assert any("X12 forbidden" in line for line in _broken(compiled))


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ({"issuer": "https://accounts.example.com"}, {("accounts.example.com", "TCP 443")}),
        (
            {"issuer": "ci", "jwksUri": "http://ci.example.com:8080/keys"},
            {("ci.example.com", "TCP 8080")},
        ),
        ({"issuer": "ci", "jwksUri": "https://keys.auth.svc/keys"}, set()),
        ({"issuer": "https://[bad"}, set()),
        ({"issuer": "https://x.example.com:99999"}, set()),
        ({"issuer": "someone"}, set()),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_istiod_fetches_the_keys_of_issuers(
    address: dict[str, str], asked: set[tuple[str, str]]
) -> None:
    spec = copy.deepcopy(build_data("prod").loaded.data)
    spec["spec"]["gateway"]["authentication"] = {"jwt": [address]}
    compiled = build_data("prod", spec)
    assert compiled.bundle is not None and compiled.plan is not None
    flows = [x.flow for x in prove(compiled.bundle, profile_of(compiled.plan))]
    found = {(f.destination.name, str(f.ports)) for f in flows if f.id == "F24"}
    assert found == asked
    assert _broken(compiled) == []


# -- mutations -------------------------------------------------------------------------------


def _policies(bundle: Bundle) -> list[Resource]:
    return [r for r in bundle.objects if r.kind == "NetworkPolicy"]


def _with(bundle: Bundle, resource: Resource, data: dict[str, Any] | None) -> Bundle:
    """The bundle with other data for one resource; without it for None."""
    changed = () if data is None else (dataclasses.replace(resource, data=data),)
    kept = ((r,) if r is not resource else changed for r in bundle.resources)
    return Bundle(tuple(r for part in kept for r in part))


def _less(resource: Resource) -> Iterator[tuple[str, dict[str, Any]]]:
    """The policy without each rule, each peer and each port."""
    for direction, field in PEERS.items():
        for i, rule in enumerate(resource.data["spec"].get(direction, ())):
            less = copy.deepcopy(resource.data)
            del less["spec"][direction][i]
            yield f"{direction}[{i}]", less
            for part in (field, "ports"):
                for j in range(len(rule.get(part, ()))):
                    less = copy.deepcopy(resource.data)
                    del less["spec"][direction][i][part][j]
                    if not less["spec"][direction][i][part]:
                        continue  # an empty list would mean everything; the rule's turn was before
                    yield f"{direction}[{i}].{part}[{j}]", less


def _mutated(stack: str) -> tuple[Compiled, Bundle]:
    """An environment of the reference stack, or one of the other stacks."""
    if stack in ENVS:
        compiled = build_data(stack)
    else:
        root = str(STACKS / stack)
        compiled = compile_environment(root, environments(root)[0], prove=False)
    assert compiled.bundle is not None
    return compiled, compiled.bundle


@pytest.mark.parametrize("stack", MUTATED)
def test_nothing_can_be_taken_away(stack: str) -> None:
    compiled, bundle = _mutated(stack)
    tried, idle = 0, []
    for resource in _policies(bundle):
        for place, less in _less(resource):
            tried += 1
            broken = _broken(compiled, _with(bundle, resource, less))
            if not any(" needed " in line for line in broken):
                idle.append(f"{resource.name} {place}")
    assert idle == []
    assert tried > 25


BROADER: tuple[dict[str, Any], ...] = (
    {"namespaceSelector": {}},
    {"ipBlock": {"cidr": "0.0.0.0/0"}},
)


@pytest.mark.parametrize("stack", MUTATED)
def test_nothing_can_be_added(stack: str) -> None:
    compiled, bundle = _mutated(stack)
    idle = []
    for resource in _policies(bundle):
        for direction, field in PEERS.items():
            for i, rule in enumerate(resource.data["spec"].get(direction, ())):
                for peer in BROADER if field in rule else ():
                    more = copy.deepcopy(resource.data)
                    more["spec"][direction][i][field].append(peer)
                    broken = _broken(compiled, _with(bundle, resource, more))
                    if not any(" forbidden " in line for line in broken):
                        idle.append(f"{resource.name} {direction}[{i}] {peer}")
    assert idle == []


@pytest.mark.parametrize("stack", MUTATED)
def test_no_policy_can_be_left_out(stack: str) -> None:
    compiled, bundle = _mutated(stack)
    idle = [
        resource.name
        for resource in _policies(bundle)
        if not _broken(compiled, _with(bundle, resource, None))
    ]
    assert idle == []


@pytest.mark.parametrize("release", ["kserve-0.21", "llm-d-0.9"])
def test_an_api_server_without_address_opens_no_forbidden_flow(release: str) -> None:
    gateway = {"class": "gke-l7-rilb", "namespace": "gateway", "proxyOnlySubnet": "10.129.0.0/23"}
    stack = split_stack(release, gateway=gateway)
    del stack["spec"]["cluster"]["controlPlaneCidr"]
    found = build_data("default", stack, prove=True).findings
    assert "spec-control-plane-cidr" in {f.rule.id for f in found}
    assert [f.message for f in found if f.rule.id == "net-forbidden-flows"] == []


# -- the data --------------------------------------------------------------------------------


def test_every_flow_names_roles_and_ports_that_there_are() -> None:
    compiled = build_data("dev")
    assert compiled.plan is not None
    profile = profile_of(compiled.plan)
    pool = {"accelerator": "v6e", "topology": "2x4"}
    by_envoy = of_one_model("llm-d-0.9", {"class": "envoy", "namespace": "gateway"}, pool).plan
    assert by_envoy is not None
    platform = data("platform")
    roles = {"model", "model-worker", "model-prefill", "scheduler", "gateway", "smoke-test"}
    roles |= {"pool-reader", "no-reader"}
    roles |= {row["role"] for row in platform["pods"]} | {"weights-download"}
    roles |= {*platform["addresses"], *platform["hosts"]}
    roles |= {
        *profile.hosts,
        "proxy",
        "internet",
        "vpc",
        "client",
        "api-server",
        "kubelet",
        "other-node",
    }
    for kind in KINDS:
        for row in data("flows")[kind]:
            ends = [row[end] for end in ("from", "to")]
            named = {r for end in ends for r in ([end] if isinstance(end, str) else end)}
            assert named <= roles, row
            assert profile_of(by_envoy).port_set(row["ports"]), row
            assert set(row) <= {
                "id",
                "from",
                "to",
                "ports",
                "pair",
                "when",
                "gates",
                "open-without",
                "reason",
            }


def test_hosts_of_one_slice_find_each_other() -> None:
    group = Path("tests/cases")  # a name for the resource alone
    service = Resource({
        "apiVersion": "serving.kserve.io/v1alpha1", "kind": "LLMInferenceService",
        "metadata": {"name": "big", "namespace": "llm-d-inference-scheduling"},
        "spec": {"template": {}, "worker": {}, "prefill": {"template": {}}},
    }, str(group))  # fmt: skip
    compiled = build_data("prod")
    assert compiled.bundle is not None and compiled.plan is not None
    profile = profile_of(compiled.plan)
    bundle = Bundle((*compiled.bundle.resources, service))
    world = world_of(bundle, profile)
    flows = [f for f in flows_of(world, profile) if f.id in ("F18", "F19")]
    assert {(f.source.role, f.destination.role) for f in flows} == {
        ("model", "model-worker"), ("model-worker", "model"), ("model-worker", "model-worker"),
        ("model", "model-prefill"), ("model-prefill", "model"),
    }  # fmt: skip
    assert all(f.ports == p.ALL for f in flows)
    # No policy of the reference stack is about such groups, so all of them are closed.
    proofs = prove_flows(nets_of(world, policies_of(bundle.objects)), flows)
    assert not any(proof.holds for proof in proofs)


def test_what_depends_on_an_unknown_address_of_the_api_server_is_unknown() -> None:
    data: dict[str, Any] = copy.deepcopy(build_data("prod").loaded.data)
    del data["spec"]["cluster"]["controlPlaneCidr"]
    compiled = build_data("prod", data)
    assert compiled.bundle is not None and compiled.plan is not None
    proofs = prove(compiled.bundle, profile_of(compiled.plan))
    unknown = [x for x in proofs if x.flow.unknown]
    assert {x.flow.unknown for x in unknown} == {"spec.cluster.controlPlaneCidr is not set"}
    assert not any(x.holds for x in unknown)
    assert all(x.holds for x in proofs if not x.flow.unknown)
    ends = {"api-server[External]"}
    assert all(x in unknown for x in proofs if {str(x.flow.source), str(x.flow.destination)} & ends)
    # The policies open what has to be open, wherever the API server answers.
    needed = [x for x in unknown if x.flow.kind == "needed"]
    assert needed
    assert [x for x in needed if x.wrong] == []
    # The same stack with the address has nothing that is unknown.
    assert [x for x in prove(*_known()) if x.flow.unknown] == []


def _known() -> tuple[Bundle, Any]:
    compiled = build_data("prod")
    assert compiled.bundle is not None and compiled.plan is not None
    return compiled.bundle, profile_of(compiled.plan)
