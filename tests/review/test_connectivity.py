"""What a change of policies opens and closes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.review.given import of_edits, reviewed

PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec: {selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}}}
---
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress: [{from: [%s], ports: [{port: 5432}]}]
"""
PROBE = "monitoring/app=probe[Declared]"
WEB = "{podSelector: {matchLabels: {app: web}}}"
NOBODY = "{podSelector: {matchLabels: {app: nobody}}}"


def found(before: str, after: str) -> list[tuple[str, str]]:
    review = reviewed(PODS + POLICY % before, PODS + POLICY % after)
    return [(c.id, c.message) for c in review.general]


def test_what_opens() -> None:
    assert found(NOBODY, WEB) == [
        ("opens", "opens: shop/web[Deployment] => shop/db[Deployment] : TCP 5432")
    ]


def test_what_closes() -> None:
    assert found(WEB, NOBODY) == [
        ("closes", "closes: shop/web[Deployment] => shop/db[Deployment] : TCP 5432")
    ]


def test_what_opens_to_the_internet_is_worse_than_what_opens_to_the_vpc() -> None:
    assert [row for row, _ in found(WEB, f"{WEB}, {{ipBlock: {{cidr: 10.1.0.0/16}}}}")] == ["opens"]
    ((row, text),) = found(WEB, f"{WEB}, {{ipBlock: {{cidr: 1.1.1.0/24}}}}")
    assert row == "opens-outside"
    assert "1.1.1.0-1.1.1.255 (outside) => shop/db[Deployment]" in text


def test_ranges_with_the_same_ports_are_said_once() -> None:
    blocks = ", ".join(f"{{ipBlock: {{cidr: {n}.1.1.0/24}}}}" for n in (1, 3, 5, 7))
    ((_, text),) = found(WEB, f"{WEB}, {blocks}")
    assert "1.1.1.0-1.1.1.255, 3.1.1.0-3.1.1.255 and 2 more (outside)" in text


def test_a_workload_that_comes_with_its_connections_is_no_risk_of_the_policy() -> None:
    web, db = PODS.split("---\n")[:2]
    review = reviewed(f"{db}---\n{POLICY % WEB}", f"{web}---\n{db}---\n{POLICY % WEB}")
    assert ("shop/web[Deployment]", "shop/db[Deployment]", "TCP 5432") in [
        (c.source, c.destination, c.new) for c in review.connections
    ]
    assert all(c.arrived for c in review.connections)
    assert review.general == ()


def test_pods_that_only_the_spec_names_are_let_in(tmp_path: Path) -> None:
    allow = "{from: monitoring/app=probe, to: models, ports: [8000], reason: probes}"
    network = f"  network:\n    allow:\n      - {allow}\n"
    review = of_edits(tmp_path, {"stack.yaml": [("  delivery:", f"{network}  delivery:")]})
    # Not the gateway, which was open to it before.
    (one,) = review.connections
    assert (one.source, one.new, one.arrived) == (PROBE, "TCP 8000", False)
    assert one.destination.endswith("/qwen2-3b-pattern1-kserve[Deployment]")
    assert [c.id for c in review.general] == ["opens"]


def test_without_policies_nothing_is_compared() -> None:
    review = reviewed(PODS, PODS.replace("name: db", "name: other"))
    assert review.connections == ()


def test_too_many_ends_are_said_not_to_be_compared() -> None:
    one = "apiVersion: v1\nkind: Pod\nmetadata: {name: p%d, namespace: shop}\n---\n"
    many = "".join(one % i for i in range(700))
    review = reviewed(many + POLICY % WEB, many + POLICY % NOBODY)
    assert review.connections == ()
    assert any("connections are not compared" in note for note in review.notes)


GATEWAY = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: shop}
spec:
  gatewayClassName: istio
  infrastructure: {annotations: {networking.gke.io/load-balancer-type: %s}}
  listeners: [{name: http, port: %s, protocol: HTTP}]
---
"""
OPEN = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: gateway, namespace: shop}
spec:
  podSelector: {matchLabels: {gateway.networking.k8s.io/gateway-name: front}}
  policyTypes: [Ingress]
  ingress: [{ports: [{port: %s}]}]
"""


@pytest.mark.parametrize(
    ("exposure", "row", "source"),
    [("Internal", "opens", "clients in the VPC"), ("External", "opens-outside", "(outside)")],
)
def test_a_port_that_moves_is_one_consequence(exposure: str, row: str, source: str) -> None:
    sides = [PODS + GATEWAY % (exposure, port) + OPEN % port for port in (80, 8080)]
    ((found_row, text),) = [
        (c.id, c.message) for c in reviewed(*sides).general if c.id.startswith(("open", "close"))
    ]
    assert found_row == row
    assert source in text and "shop/db[Deployment] and 1 more" in text
    assert text.endswith("=> shop/front-istio[Deployment] : TCP 8080 (before: TCP 80)")
