"""`stackgen net`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.program import Run, stackgen
from tests.stacks import ROOT

PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: web}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec: {template: {metadata: {labels: {app: db}}}}
"""
POLICIES = """\
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{ipBlock: {cidr: 34.0.0.0/8}}], ports: [{port: 443}, {port: 80}]}]
  egress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5432}]}]
"""


def net(*arguments: str, cwd: Path = ROOT) -> Run:
    return stackgen("net", *arguments, cwd=cwd)


@pytest.fixture
def shop(tmp_path: Path) -> str:
    (tmp_path / "shop.yaml").write_text(PODS + POLICIES)
    return str(tmp_path / "shop.yaml")


def test_list_has_a_line_for_each_pair(shop: str) -> None:
    assert net("list", shop).out.splitlines() == [
        "34.0.0.0-34.255.255.255[External] => shop/web[Deployment] : TCP 80,443",
        "shop/web[Deployment] => shop/db[Deployment] : TCP 5432",
    ]


def test_list_without_policies_is_everything(tmp_path: Path) -> None:
    (tmp_path / "pods.yaml").write_text(PODS)
    lines = net("list", str(tmp_path)).out.splitlines()
    assert "shop/db[Deployment] => shop/web[Deployment] : All Connections" in lines
    outside = "0.0.0.0-255.255.255.255[External]"
    assert f"{outside} => shop/db[Deployment] : All Connections" in lines


def test_list_has_the_namespace_of_the_kustomization(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    pods = PODS.replace("namespace: shop", "labels: {team: web}")
    assert pods != PODS
    (tmp_path / "base" / "pods.yaml").write_text(pods)
    (tmp_path / "base" / "kustomization.yaml").write_text("resources: [pods.yaml]\n")
    for name in ("prod", "staging"):
        (tmp_path / name).mkdir()
        index = f"namespace: shop-{name}\nresources: [../base]\n"
        (tmp_path / name / "kustomization.yaml").write_text(index)
    out = net("list", str(tmp_path)).out
    assert "shop-prod/db[Deployment] => shop-prod/web[Deployment]" in out
    assert "shop-staging/db[Deployment]" in out and "default/" not in out


def test_a_workload_of_two_environments_is_one_where_policies_cannot_tell_them_apart(
    tmp_path: Path,
) -> None:
    for name, more in (("base", "pods.yaml"), ("prod", "../base"), ("staging", "../base")):
        (tmp_path / name).mkdir()
        own = "" if name == "base" else ", own.yaml"
        index = f"images: [{{name: web, newTag: {name}}}]\nresources: [{more}{own}]\n"
        (tmp_path / name / "kustomization.yaml").write_text(index)
        settings = [
            "apiVersion: v1\nkind: ConfigMap\n"
            f"metadata: {{name: {one}, namespace: shop}}\ndata: {{of: {name}}}\n"
            for one in ("one", "two")
        ]
        (tmp_path / name / "own.yaml").write_text("---\n".join(settings))
    (tmp_path / "base" / "own.yaml").unlink()
    pods = PODS.replace("app: web}}", "app: web}}, spec: {containers: [{name: w, image: web}]}")
    (tmp_path / "base" / "pods.yaml").write_text(pods)
    done = net("query", "shop/web", "shop/db", str(tmp_path))
    assert done.code == 0, done.text
    assert "2 environments share names" in done.err


def test_list_as_json_and_as_graphs(shop: str) -> None:
    found = json.loads(net("list", shop, "--output-format", "json").out)["connections"]
    assert found[1] == {
        "source": "shop/web[Deployment]",
        "destination": "shop/db[Deployment]",
        "allowed": {"TCP": ["5432"]},
        "unknown": {},
    }
    mermaid = net("list", shop, "--output-format", "mermaid").out
    assert mermaid.startswith("flowchart LR\n")
    assert '  n0["db (namespace shop)"]:::workload\n' in mermaid
    assert '  n1 -->|"TCP 5432"| n0\n' in mermaid
    dot = net("list", shop, "--output-format", "dot").out
    assert '  n1 -> n0 [label="TCP 5432"];\n' in dot


def test_query_names_the_rules_of_both_ends(shop: str) -> None:
    run = net("query", "shop/web", "shop/db", shop, "--port", "5432")
    assert run.code == 0
    assert run.out.splitlines()[:4] == [
        "shop/web[Deployment] => shop/db[Deployment] : TCP 5432",
        "  ip blocks: identities",
        "  egress:    web#0",
        "  ingress:   db#0",
    ]


def test_query_says_what_closes_it(shop: str) -> None:
    run = net("query", "shop/db", "8.8.8.8", shop)
    assert run.code == 1
    assert "8.8.8.8[External] : No Connections" in run.out
    assert "egress:    no rule (closed by closed)" in run.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shop/wbe", "shop/db"), 'did you mean "shop/web"'),
        (("shop/web", "shop/db", "--port", "http"), "not a port such as"),
        (("shop/web", "shop/db", "--port", "70000"), "not a port such as"),
    ],
)
def test_query_refuses_what_it_does_not_know(
    shop: str, arguments: tuple[str, ...], said: str
) -> None:
    run = net("query", *arguments[:2], shop, *arguments[2:])
    assert run.code == 2
    assert said in run.err


def test_diff_shows_what_opens_and_what_closes(shop: str, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text((PODS + POLICIES).replace("{port: 80}", "{port: 8080}"))
    run = net("diff", shop, str(new))
    assert run.code == 1
    where = "34.0.0.0-34.255.255.255[External] => shop/web[Deployment]"
    assert run.out.splitlines() == [f"- {where} : TCP 80", f"+ {where} : TCP 8080"]
    found = json.loads(net("diff", shop, str(new), "--output-format", "json").out)["changes"]
    assert found[0]["gone"] == {"TCP": ["80"]} and found[0]["new"] == {"TCP": ["8080"]}


def test_diff_of_the_same_is_empty(shop: str) -> None:
    run = net("diff", shop, shop)
    assert (run.code, run.out) == (0, "")


def test_diff_of_ranges_shows_the_difference_alone(shop: str, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text((PODS + POLICIES).replace("34.0.0.0/8", "34.0.0.0/9"))
    gone = net("diff", shop, str(new)).out.splitlines()
    assert gone == ["- 34.128.0.0-34.255.255.255[External] => shop/web[Deployment] : TCP 80,443"]


def test_prove_of_the_reference_stack() -> None:
    run = net("prove", "-C", str(ROOT))
    assert run.code == 0
    assert "FAIL" not in run.out
    assert [x for x in run.out.splitlines() if " flows hold in both readings" in x] != []


def test_prove_shows_what_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text(
        (ROOT / "tests" / "cases" / "plan" / "stack.yaml").read_text() + "  patches:\n"
        "    - target: {kind: NetworkPolicy, name: allow-gateway-to-vllm}\n"
        "      patch: {spec: {ingress: [{ports: [{protocol: TCP, port: 8000}]}]}}\n"
    )
    run = net("prove", cwd=tmp_path)
    assert run.code == 1
    assert "FAIL X5" in run.out
    assert "not certainly closed: TCP 8000" in run.out
    found = json.loads(net("prove", "--output-format", "json", cwd=tmp_path).out)
    wrong = [x for x in found["environments"][0]["flows"] if not x["holds"]]
    assert {x["kind"] for x in wrong} == {"forbidden"}
    assert "NetworkPolicy/models/allow-gateway-to-vllm" in wrong[0]["policies"]


def test_list_of_the_stack_shows_the_platform() -> None:
    lines = net("list", "-C", str(ROOT), "--env", "prod").out.splitlines()
    assert any("gmp-system/collector[Platform] => " in line for line in lines)
    assert not any("any-other-pod" in line for line in lines)


def test_query_takes_the_address_of_the_api_server_from_the_spec() -> None:
    stack = ("-C", str(ROOT / "tests" / "cases" / "stacks" / "minimal"))
    picker = net("query", "models/qwen-kserve-router-scheduler", "api-server", *stack)
    assert picker.code == 0, picker.text
    assert picker.out.startswith(
        "models/qwen-kserve-router-scheduler[Deployment] => API server[External] : TCP 443\n"
    )
    server = net("query", "models/qwen-kserve", "api-server", *stack)
    assert server.code == 1
    assert ": No Connections\n" in server.out


def test_query_knows_the_internet_and_names_what_it_knows(shop: str) -> None:
    assert net("query", "shop/db", "internet", shop).out.startswith(
        "shop/db[Deployment] => internet[External] : No Connections\n"
    )
    said = net("query", "shop/db", "clients", shop).err
    assert said.startswith("stackgen: no workload 'clients'; every cluster has api-server, ")
    assert 'did you mean "internet"?' in net("query", "shop/db", "internt", shop).err
