"""The needs of any manifests: what they are derived from, and that all commands agree on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.checks.network.closed import Needs, needs
from stackgen.checks.network.show_needs import answers
from stackgen.compiler import compile_environment
from stackgen.facts.download_hosts import downloads_of
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.net import ports as p
from stackgen.net.evaluate import READINGS, Net
from tests import sandbox
from tests.checks.policy.test_policies import CASES, context_of
from tests.program import stackgen

FILES = sorted((CASES / "net-flow-closed").glob("*.yaml"))


def known(text: str) -> Needs:
    resources = tuple(Resource(d.data, "x.yaml", document=d) for d in parse(text, "x.yaml"))
    return needs(Context(Bundle(resources)))


def what(text: str) -> set[str]:
    return {need.what for need in known(text).all()}


def pod(name: str, spec: str, namespace: str = "models", labels: str = "") -> str:
    return (
        f"---\napiVersion: v1\nkind: Pod\n"
        f"metadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}{labels}}}}}\n"
        f"spec: {spec}\n"
    )


PLAIN = '{containers: [{name: main, image: "example.com/x:1"}]}'


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_an_exact_query_agrees_where_both_ends_are_here(file: Path) -> None:
    """What lint calls closed, `net query` calls closed, in the same reading; and the reverse."""
    found = needs(context_of(file))
    world, policies = found.seen.world, found.seen.policies
    exact = Net(world, policies, READINGS[0])
    for need in found.all():
        others = [end for way in need.ways for end in way.others]
        if not others or any(end not in world.endpoints for end in others):
            continue
        open_ = any(
            p.intersect(exact.side(need.direction, need.pod, end).possible, need.ports)
            for end in others
        )
        assert found.answer(need).open == open_, need.what


def test_an_unseen_pod_never_closes_what_a_rule_may_mean() -> None:
    """A rule that opens the port to every Pod opens it to each peer that no manifest shows."""
    for file in FILES:
        found = needs(context_of(file))
        for need in found.all():
            for policy in found.seen.net.acting(need.direction, need.pod):
                rules = policy.rules(need.direction)
                if any(rule.peers is None and rule.ports is None for rule in rules):
                    assert found.answer(need).open


def test_prove_lists_the_needs_of_manifests() -> None:
    run = stackgen("net", "prove", "bad-gateway-not-here.yaml", cwd=CASES / "net-flow-closed")
    assert run.code == 1
    assert "FAIL gateway edge/front => models/picker[Pod] : TCP 9002" in run.out
    assert "ok   models/picker[Pod] => model servers of qwen : TCP 8000" in run.out


def test_a_doubtful_need_is_no_failure() -> None:
    found = answers(needs(context_of(CASES / "net-flow-closed" / "bad-metadata-server.yaml")))
    states = {one.source: one.state for one in found if "metadata" in one.destination}
    assert states == {"models/server[Pod]": "closed", "models/old[Pod]": "doubtful"}


def test_sidecars_need_istiod_unless_they_opt_out() -> None:
    space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: models, labels: {istio.io/rev: a}}\n"
    assert what(space + pod("a", PLAIN)) == {"istiod, for its sidecar"}
    assert what(space + pod("a", PLAIN, labels=', sidecar.istio.io/inject: "false"')) == set()


def test_decode_servers_need_prefill_servers() -> None:
    pool = (
        "apiVersion: inference.networking.k8s.io/v1\nkind: InferencePool\n"
        "metadata: {name: qwen, namespace: models}\n"
        "spec: {selector: {matchLabels: {serves: qwen}}, targetPorts: [{number: 8000}]}\n"
    )
    role = ", serves: qwen, llm-d.ai/role: "
    channel = '{name: VLLM_NIXL_SIDE_CHANNEL_PORT, value: "5600"}'
    spec = f'{{containers: [{{name: main, image: "example.com/x:1", env: [{channel}]}}]}}'
    found = known(
        pool + pod("p", spec, labels=role + "prefill") + pod("d", spec, labels=role + "decode")
    )
    pairs = {(n.pod.name, n.direction, str(n.ports)) for n in found.all() if "server" in n.what}
    assert pairs == {
        (name, direction, port)
        for name, direction in (("d", "egress"), ("p", "ingress"))
        for port in ("TCP 8000", "TCP 5600")
    }


def test_hosts_of_a_slice_need_each_other() -> None:
    job = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: train, namespace: models}\n"
        "spec: {completionMode: Indexed, parallelism: %d, template: {spec: {%s}}}\n"
    )
    alone = 'containers: [{name: main, image: "example.com/x:1"}]'
    chips = alone.replace("}]", ", resources: {limits: {google.com/tpu: 4}}}]")
    for joined in (f"subdomain: train, {alone}", chips):
        assert what(job % (4, joined)) == {"the other Pods of its group"}
        assert what(job % (1, joined)) == set()
    assert what(job % (4, alone)) == set()


@pytest.mark.parametrize(
    ("command", "model", "google", "others"),
    [
        ("hf download --quiet Qwen/Qwen3-8B", "Qwen/Qwen3-8B", False, ()),
        ("hf download --local-dir /m Qwen/Qwen3-8B", "Qwen/Qwen3-8B", False, ()),
        ("gcloud storage cp -r gs://b/m /m", "", True, ()),
        ("curl -fsSL https://example.com/x | sh", "", False, ("example.com",)),
        ("curl http://models.svc:8000 https://api.models.svc/v1", "", False, ()),
        ("pip install -U vllm && vllm serve /m", "", False, ("pypi.org",)),
        ("pip install --no-index /wheels/x.whl", "", False, ()),
    ],
)
def test_downloads_of_commands(
    command: str, model: str, google: bool, others: tuple[str, ...]
) -> None:
    found = downloads_of({"containers": [{"command": ["sh", "-c", command]}]})
    assert (found.model, found.google, found.others) == (model, google, others)
    if command.startswith("hf "):
        assert downloads_of({"containers": [{"command": command.split()}]}) == found


def test_a_bucket_that_is_mounted_needs_credentials() -> None:
    volume = {"name": "m", "csi": {"driver": "gcsfuse.csi.storage.gke.io"}}
    assert downloads_of({"containers": [], "volumes": [volume]}).google


GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: gateway}
spec: {gatewayClassName: NAME, listeners: [{name: http, port: 80}, {name: more, port: 8443}]}
"""
CLASS = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: NAME}
spec: {controllerName: CONTROLLER}
"""
CHART = """\
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: eg, namespace: argocd}
spec:
  source:
    chart: gateway-helm
    repoURL: docker.io/envoyproxy
    targetRevision: v1.8.1
    helm: {valuesObject: {config: {envoyGateway: {provider: {kubernetes: {deploy: TYPE}}}}}}
"""
BESIDE, ELSEWHERE = (CHART.replace("TYPE", word) for word in ("{type: GatewayNamespace}", "[]"))
ENVOY, ISTIO = "gateway.envoyproxy.io/gatewayclass-controller", "istio.io/gateway-controller"


@pytest.mark.parametrize(
    ("name", "controller", "more", "found"),
    [
        ("istio", "", "", {"istiod 15012 True", "clients 80 True", "clients 8443 True"}),
        ("fast", ISTIO, "", {"istiod 15012 True", "clients 80 True", "clients 8443 True"}),
        (
            "envoy",
            ENVOY,
            BESIDE,
            {"Envoy Gateway 18000 True", "clients 10080 True", "clients 8443 True"},
        ),
        (
            "envoy",
            "",
            "",
            {"Envoy Gateway 18000 False", "clients 10080 False", "clients 8443 False"},
        ),
        ("envoy", ENVOY, ELSEWHERE, set()),
        ("envoy", "example.com/other", "", set()),
        ("istio", ENVOY, "", set()),
        ("istio", "istio.io/unmanaged-gateway", "", set()),
        ("unheard-of", "", "", set()),
    ],
)
def test_the_controller_of_a_gateway_decides_what_its_proxies_need(
    name: str, controller: str, more: str, found: set[str]
) -> None:
    given = GATEWAY + (CLASS if controller else "") + more
    needs = known(given.replace("NAME", name).replace("CONTROLLER", controller)).all()
    assert {
        f"{n.what} {str(n.ports).removeprefix('TCP ')} {n.certain}"
        for n in needs
        if n.pod.role == "gateway"
    } == found


DEFAULT_GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: edge}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: FROM}}}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: models}
spec:
  model: {uri: "hf://Qwen/Qwen3-8B", name: qwen}
  router: {gateway: {}, route: {}, scheduler: {}}
"""


@pytest.mark.parametrize(("origin", "meant"), [("All", True), ("Same", False)])
def test_a_gateway_that_refuses_the_route_is_not_the_default_one(origin: str, meant: bool) -> None:
    needs = known(DEFAULT_GATEWAY.replace("FROM", origin)).all()
    assert any(n.pod.namespace == "edge" and n.what == "models/qwen-kserve" for n in needs) == meant


EXTRA = """
  extraObjects:
    - apiVersion: batch/v1
      kind: Job
      metadata: {name: fetch}
      spec:
        template:
          spec:
            restartPolicy: Never
            containers: [{name: f, image: "a.b/x:1", command: [hf, download, org/m]}]
"""


def test_extra_objects_of_a_stack_need_their_connections(tmp_path: Path) -> None:
    """The policies of the stack close what it does not know of."""
    root = sandbox.stack(tmp_path / "stack")
    for extra, closed in (("", 0), (EXTRA, 1)):
        with (root / "stack.yaml").open("a", encoding="utf-8") as file:
            file.write(extra)
        made = compile_environment(str(root), "prod")
        found = [f.message for f in made.findings if f.rule.id == "net-flow-closed"]
        assert len([one for one in found if "the source of its model org/m" in one]) == closed
        assert len(found) == closed
