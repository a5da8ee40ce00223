"""What has to be merged into a rendered object so that it says what another one says."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.adopt.compare import compare, patches
from stackgen.manifest.collect import collect_text
from stackgen.manifest.resource import Bundle
from stackgen.manifest.yaml_out import dump


def compared(given: dict[str, Any], rendered: dict[str, Any]) -> tuple[str, Any, list[str]]:
    head = {"apiVersion": "v1", "kind": "Pod"}
    one, other = (
        collect_text(dump({**head, "metadata": {"name": "a"}, "spec": spec}), "x").bundle
        for spec in (given, rendered)
    )
    (result,) = compare(one, other)
    patch = [p["patch"]["spec"] for p in patches([result])]
    return result.state, patch[0] if patch else None, sorted(result.added)


@pytest.mark.parametrize(
    ("given", "rendered", "expected"),
    [
        ({"a": 1}, {"a": 1}, ("equal", None, [])),
        ({"a": 1}, {"a": 1, "b": {"c": 2}}, ("adds", None, ["spec.b: {c: 2}"])),
        ({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, ("differs", {"a": {"b": 1}}, ["spec.a.c: 3"])),
        ({"l": [1, 2]}, {"l": [2]}, ("differs", {"l": [1, 2]}, [])),
        (
            {"l": [{"name": "a", "v": 1}, {"name": "n"}]},
            {"l": [{"name": "a", "v": 2}, {"name": "z"}]},
            ("differs", {"l": [{"name": "a", "v": 1}, {"name": "n"}]}, ["spec.l: z"]),
        ),
        (
            {"probe": {"tcpSocket": {"port": 1}}},
            {"probe": {"httpGet": {"port": 1}, "periodSeconds": 5}},
            (
                "differs",
                {"probe": {"tcpSocket": {"port": 1}, "httpGet": None}},
                ["spec.probe.periodSeconds: 5"],
            ),
        ),
        (
            {"minAvailable": 1},
            {"maxUnavailable": 1},
            ("differs", {"minAvailable": 1, "maxUnavailable": None}, []),
        ),
        (
            {"strategy": {"type": "Recreate"}},
            {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0}}},
            ("differs", {"strategy": {"type": "Recreate", "rollingUpdate": None}}, []),
        ),
        (
            {"volumes": [{"name": "a", "emptyDir": {"sizeLimit": "1Gi"}}]},
            {"volumes": [{"name": "a", "persistentVolumeClaim": {"claimName": "a"}}]},
            (
                "differs",
                {
                    "volumes": [
                        {
                            "name": "a",
                            "emptyDir": {"sizeLimit": "1Gi"},
                            "persistentVolumeClaim": None,
                        }
                    ]
                },
                [],
            ),
        ),
        (
            {"lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}}},
            {"lifecycle": {"preStop": {"sleep": {"seconds": 15}}}},
            (
                "differs",
                {"lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}, "sleep": None}}},
                [],
            ),
        ),
        (
            {"command": ["ray", "start"]},
            {"command": ["sh", "-c"], "args": ["exit"]},
            ("differs", {"command": ["ray", "start"], "args": None}, []),
        ),
        (
            {"nodeSelector": {"a": "b"}},
            {"nodeSelector": {"a": "b", "cloud.google.com/gke-nodepool": "p"}},
            ("equal", {"nodeSelector": {"cloud.google.com/gke-nodepool": None}}, []),
        ),
        (
            {"selector": {"matchLabels": {"a": "b"}}, "other": {"selector": {"c": "d"}}},
            {
                "selector": {"matchLabels": {"a": "b", "e": "f"}},
                "other": {"selector": {"c": "d", "g": "h"}},
            },
            (
                "differs",
                {"selector": {"matchLabels": {"e": None}}, "other": {"selector": {"g": None}}},
                [],
            ),
        ),
        (
            {},
            {"nodeSelector": {"a": "b", "stackgen.dev/node-pool": "p"}},
            ("equal", {"nodeSelector": None}, []),
        ),
    ],
)
def test_the_patch(given: dict[str, Any], rendered: dict[str, Any], expected: Any) -> None:
    assert compared(given, rendered) == expected


def reached(port: str, parent: str) -> Bundle:
    service = f"""apiVersion: v1
kind: Service
metadata: {{name: a, namespace: llm}}
spec: {{ports: [{port}]}}
"""
    route = f"""---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: a, namespace: llm}}
spec: {{parentRefs: [{parent}]}}
"""
    return collect_text(service + route, "x").bundle


@pytest.mark.parametrize(
    ("port", "parent", "states"),
    [
        ("{port: 9002, targetPort: 9002}", "{name: edge, namespace: llm}", ["equal", "equal"]),
        ("{port: 9002, targetPort: 80}", "{name: edge, namespace: other}", ["differs", "adds"]),
    ],
)
def test_what_is_another_field_by_default(port: str, parent: str, states: list[str]) -> None:
    given = reached("{port: 9002}", "{name: edge}")
    assert [r.state for r in compare(given, reached(port, parent))] == states
