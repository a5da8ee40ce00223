"""The Pod Security Standards: each check, its level and its version.

`pod_security_verdicts.txt` has what k8s.io/pod-security-admission says of each pod of
`pod_security_cases.py`: for baseline and for restricted, a 1 for each version that refuses it.
`tests/integration/test_pod_security.py` records it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackgen.facts.pod_security import LATEST, parsed_version, violations
from tests.facts.pod_security_cases import VERSIONS, pods

VERDICTS = Path(__file__).with_name("pod_security_verdicts.txt")

SECURE = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod(context: Any = None, spec: Any = None, **container: Any) -> dict[str, Any]:
    main = {"name": "main", "securityContext": {**SECURE, **(context or {})}, **container}
    return {"containers": [main], **(spec or {})}


def found(data: dict[str, Any], level: str, version: str = "latest", **notes: str) -> set[str]:
    return {v.check for v in violations(data, notes, level, parsed_version(version))}


@pytest.mark.parametrize(
    ("data", "check"),
    [
        (pod(spec={"hostNetwork": True}), "hostNamespaces"),
        (pod({"privileged": True}), "privileged"),
        (pod({"capabilities": {"add": ["NET_RAW"], "drop": ["ALL"]}}), "capabilities_baseline"),
        (pod(spec={"volumes": [{"name": "a", "hostPath": {"path": "/"}}]}), "hostPathVolumes"),
        (pod(ports=[{"containerPort": 1, "hostPort": 1}]), "hostPorts"),
        (
            pod(livenessProbe={"httpGet": {"host": "a", "port": 1}}),
            "hostProbesAndHostLifecycle",
        ),
        (pod({"appArmorProfile": {"type": "Unconfined"}}), "appArmorProfile"),
        (pod({"procMount": "Unmasked"}), "procMount"),
        (pod({"seLinuxOptions": {"user": "a"}}), "seLinuxOptions"),
        (pod({"seccompProfile": {"type": "Unconfined"}}), "seccompProfile_baseline"),
        (
            pod(spec={"securityContext": {"sysctls": [{"name": "kernel.msgmax"}]}}),
            "sysctls",
        ),
        (pod({"windowsOptions": {"hostProcess": True}}), "windowsHostProcess"),
    ],
)
def test_what_baseline_forbids_restricted_forbids_too(data: dict[str, Any], check: str) -> None:
    assert found(data, "baseline") == {check}
    assert check in found(data, "restricted")
    assert found(data, "privileged") == set()


@pytest.mark.parametrize(
    ("data", "check"),
    [
        (pod({"allowPrivilegeEscalation": None}), "allowPrivilegeEscalation"),
        (pod({"capabilities": {}}), "capabilities_restricted"),
        (pod({"capabilities": {"add": ["CHOWN"], "drop": ["ALL"]}}), "capabilities_restricted"),
        (pod(spec={"volumes": [{"name": "a", "nfs": {}}]}), "restrictedVolumes"),
        (pod({"runAsNonRoot": None}), "runAsNonRoot"),
        (pod({"runAsUser": 0}), "runAsUser"),
        (pod({"seccompProfile": None}), "seccompProfile_restricted"),
    ],
)
def test_what_restricted_forbids_alone(data: dict[str, Any], check: str) -> None:
    assert found(data, "baseline") == set()
    assert found(data, "restricted") == {check}


def test_a_secure_pod_violates_nothing() -> None:
    assert found(pod(), "restricted") == set()
    assert (
        found(pod({"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}}), "restricted")
        == set()
    )


@pytest.mark.parametrize(
    ("data", "old", "new"),
    [
        (
            pod(spec={"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem"}]}}),
            "v1.31",
            "v1.32",
        ),
        (pod({"seLinuxOptions": {"type": "container_engine_t"}}), "v1.30", "v1.31"),
        (pod({"procMount": "Unmasked"}, {"hostUsers": False}), "v1.34", "v1.35"),
    ],
)
def test_later_versions_allow_more(data: dict[str, Any], old: str, new: str) -> None:
    assert found(data, "baseline", old) and not found(data, "baseline", new)


def test_later_versions_forbid_more() -> None:
    data = pod(livenessProbe={"tcpSocket": {"host": "a", "port": 1}})
    assert not found(data, "baseline", "v1.33") and found(data, "baseline", "v1.34")


@pytest.mark.parametrize("text", ["latest", None, "", "v9", "v1.999", "v1.x", "v" + "9" * 99])
def test_what_is_no_known_version_is_the_newest(text: Any) -> None:
    assert parsed_version(text) == LATEST


def written(name: str, bits: list[str]) -> str:
    """A line of the recording; one digit where all versions agree."""
    short = (b[0] if len(set(b)) == 1 else b for b in bits)
    return "\t".join((name, *short)) + "\n"


def test_each_pod_has_the_verdict_of_the_admission_plugin() -> None:
    recorded = VERDICTS.read_text(encoding="utf-8").splitlines(keepends=True)
    ours = []
    for name, data in pods().items():
        notes = data["metadata"]["annotations"]
        bits = [
            "".join(
                "1" if violations(data["spec"], notes, level, parsed_version(v)) else "0"
                for v in VERSIONS
            )
            for level in ("baseline", "restricted")
        ]
        ours.append(written(name, bits))
    assert ours == recorded
    assert sum("1" in line.split("\t", 1)[1] for line in recorded) > len(recorded) / 3
