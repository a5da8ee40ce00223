"""Service, EndpointSlice, NetworkPolicy, Ingress."""

from __future__ import annotations

from typing import Any

import pytest

from tests.schema.native.objects import one, said, service, thing

P = "spec.ports[0]"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (service(), ""),
        (service({}), f"schema-range {P}.port"),
        (service({"port": 80, "targetPort": ""}), ""),
        (service({"port": 80, "targetPort": "80"}), f"schema-format {P}.targetPort"),
        (service({"port": 80, "protocol": "HTTP"}), f"schema-enum {P}.protocol"),
        (service({"port": 80, "nodePort": 30080}), f"schema-native {P}.nodePort"),
        (service({"port": 80, "nodePort": 30000}, type="NodePort"), ""),
        (service({"port": 80, "nodePort": 32767}, type="LoadBalancer"), ""),
        (service({"port": 80, "nodePort": 80}, type="NodePort"), f"schema-range {P}.nodePort"),
        (service({"port": 80, "nodePort": 29999}, type="NodePort"), f"schema-range {P}.nodePort"),
        (service({"port": 80, "nodePort": 32768}, type="LoadBalancer"),
         f"schema-range {P}.nodePort"),
        (service({"port": 80, "nodePort": 30080}, type="LoadBalancer",
                 externalTrafficPolicy="Local", healthCheckNodePort=30080),
         "schema-duplicate-item spec.healthCheckNodePort"),
        (service(type="LoadBalancer", externalTrafficPolicy="Local", healthCheckNodePort=80),
         "schema-range spec.healthCheckNodePort"),
        (service({"port": 80}, {"port": 81, "name": "b"}), f"schema-missing-field {P}.name"),
        (service({"port": 80, "name": "a"}, {"port": 81, "name": "a"}),
         "schema-duplicate-item spec.ports[1].name"),
        (service({"port": 80, "name": "a"}, {"port": 80, "name": "b", "protocol": "TCP"}),
         "schema-duplicate-item spec.ports[1]"),
        (service({"port": 80, "name": "A"}), f"schema-name {P}.name"),
        (service(type="Magic"), "schema-enum spec.type"),
        (service(type="ExternalName"), "schema-missing-field spec.externalName"),
        (service(type="ExternalName", externalName="a.b."), ""),
        (service(clusterIP="None", type="LoadBalancer"), "schema-native spec.clusterIP"),
        (service(clusterIP="10.1.2"), "schema-format spec.clusterIP"),
        (service(clusterIPs=["10.1.2.3"]), "schema-native spec.clusterIPs"),
        (service(sessionAffinity="Sticky"), "schema-enum spec.sessionAffinity"),
        (service(sessionAffinityConfig={"clientIP": {}}), ""),
        (service(sessionAffinity="ClientIP",
                 sessionAffinityConfig={"clientIP": {"timeoutSeconds": 86401}}),
         "schema-range spec.sessionAffinityConfig.clientIP.timeoutSeconds"),
        (service(externalTrafficPolicy="Local"), "schema-native spec.externalTrafficPolicy"),
        (service(externalTrafficPolicy="Local", type="LoadBalancer"), ""),
        (service(externalIPs=["::ffff:1.2.3.4"]), "schema-format spec.externalIPs[0]"),
        (service(externalIPs=["127.0.0.1"]), "schema-format spec.externalIPs[0]"),
        (service(loadBalancerSourceRanges=["10.0.0.0/8"]),
         "schema-native spec.loadBalancerSourceRanges"),
        (service(loadBalancerSourceRanges=["10.0.0.0"], type="LoadBalancer"),
         "schema-format spec.loadBalancerSourceRanges[0]"),
        (service(internalTrafficPolicy="local"), "schema-enum spec.internalTrafficPolicy"),
        (service(trafficDistribution="Far"), "schema-enum spec.trafficDistribution"),
        (service(selector={"a b": "c"}), 'schema-label spec.selector["a b"]'),
        (thing("v1", "Service", spec={}), "schema-missing-field spec.ports"),
        (thing("v1", "Service", spec={"clusterIP": "None"}), ""),
    ],
)  # fmt: skip
def test_services(data: dict[str, Any], expected: str) -> None:
    assert said(data) == one(expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"addressType": "IPv4", "endpoints": [{"addresses": ["10.1.2.3"]}]}, ""),
        ({"endpoints": []}, "schema-missing-field addressType"),
        ({"addressType": "IPv4", "endpoints": [{}]}, "schema-missing-field endpoints[0].addresses"),
        ({"addressType": "IPv6", "endpoints": [{"addresses": ["10.1.2.3"]}]},
         "schema-format endpoints[0].addresses[0]"),
        ({"addressType": "FQDN", "ports": [{"name": "a"}, {"name": "a"}]},
         "schema-duplicate-item ports[1].name"),
    ],
)  # fmt: skip
def test_endpoint_slices(body: dict[str, Any], expected: str) -> None:
    assert said(thing("discovery.k8s.io/v1", "EndpointSlice", **body)) == one(expected)


def policy(**rule: Any) -> dict[str, Any]:
    return thing("networking.k8s.io/v1", "NetworkPolicy", spec={"ingress": [rule]})


R = "spec.ingress[0]"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, ""),
        ({"from": [{}]}, f"schema-missing-field {R}.from[0]"),
        ({"from": [{"podSelector": {}}]}, ""),
        ({"from": [{"podSelector": {}, "ipBlock": {"cidr": "10.0.0.0/8"}}]},
         f"schema-native {R}.from[0].ipBlock"),
        ({"from": [{"ipBlock": {}}]}, f"schema-missing-field {R}.from[0].ipBlock.cidr"),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/33"}}]},
         f"schema-format {R}.from[0].ipBlock.cidr"),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.1/8"}}]},
         f"schema-format {R}.from[0].ipBlock.cidr"),
        ({"from": [{"ipBlock": {"cidr": "010.0.0.0/8"}}]},
         f"schema-format {R}.from[0].ipBlock.cidr"),
        ({"from": [{"ipBlock": {"cidr": "2001:DB8::/32"}}]}, ""),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}, ""),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}}]},
         f"schema-native {R}.from[0].ipBlock.except[0]"),
        ({"ports": [{"port": "http"}]}, ""),
        ({"ports": [{"port": 0}]}, f"schema-range {R}.ports[0].port"),
        ({"ports": [{"protocol": "ICMP"}]}, f"schema-enum {R}.ports[0].protocol"),
        ({"ports": [{"port": 80, "endPort": 79}]}, f"schema-range {R}.ports[0].endPort"),
        ({"ports": [{"port": "http", "endPort": 90}]}, f"schema-native {R}.ports[0].endPort"),
        ({"ports": [{"endPort": 90}]}, f"schema-missing-field {R}.ports[0].port"),
    ],
)  # fmt: skip
def test_network_policies(rule: dict[str, Any], expected: str) -> None:
    assert said(policy(**rule)) == one(expected)


def test_policy_types() -> None:
    data = thing("networking.k8s.io/v1", "NetworkPolicy", spec={"policyTypes": ["ingress"]})
    assert said(data) == ["schema-enum spec.policyTypes[0]"]


BACKEND = {"service": {"name": "s", "port": {"number": 80}}}
I = "spec.rules[0].http.paths[0]"  # noqa: E741


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ({"path": "/", "pathType": "Prefix", "backend": BACKEND}, ""),
        ({"path": "/", "backend": BACKEND}, f"schema-missing-field {I}.pathType"),
        ({"path": "a", "pathType": "Exact", "backend": BACKEND}, f"schema-format {I}.path"),
        ({"path": "/a//b", "pathType": "Exact", "backend": BACKEND}, f"schema-format {I}.path"),
        ({"path": "", "pathType": "ImplementationSpecific", "backend": BACKEND}, ""),
        ({"path": "/", "pathType": "Prefix"}, f"schema-native {I}.backend"),
        ({"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s"}}},
         f"schema-missing-field {I}.backend.service.port"),
    ],
)  # fmt: skip
def test_ingress_paths(path: dict[str, Any], expected: str) -> None:
    spec = {"rules": [{"http": {"paths": [path]}}]}
    assert said(thing("networking.k8s.io/v1", "Ingress", spec=spec)) == one(expected)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, "schema-native spec"),
        ({"defaultBackend": BACKEND}, ""),
        ({"defaultBackend": BACKEND, "rules": [{"host": "10.1.2.3"}]},
         "schema-name spec.rules[0].host"),
        ({"defaultBackend": BACKEND, "rules": [{"host": "*.a.b"}]}, ""),
        ({"defaultBackend": BACKEND, "rules": [{"host": "a.*.b"}]},
         "schema-name spec.rules[0].host"),
        ({"defaultBackend": BACKEND, "tls": [{"hosts": ["a_b"]}]},
         "schema-name spec.tls[0].hosts[0]"),
    ],
)  # fmt: skip
def test_ingresses(spec: dict[str, Any], expected: str) -> None:
    assert said(thing("networking.k8s.io/v1", "Ingress", spec=spec)) == one(expected)
