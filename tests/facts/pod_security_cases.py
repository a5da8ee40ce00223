"""Pods for the Pod Security Standards: each field with each of its values, and pairs of them."""

from __future__ import annotations

from typing import Any

VERSIONS = [f"v1.{minor}" for minor in (0, 7, 8, 18, *range(19, 38))] + ["latest"]
SECURE: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
# Of a security context: of the pod, and of a container.
_CONTEXT: dict[str, list[Any]] = {
    "runAsNonRoot": [None, False, True],
    "runAsUser": [0, 1],
    "seccompProfile": [
        None,
        {"type": "Unconfined"},
        {"type": "Localhost", "localhostProfile": "a"},
        {"type": "RuntimeDefault"},
    ],
    "appArmorProfile": [
        {"type": "Unconfined"},
        {"type": "RuntimeDefault"},
        {"type": "Localhost", "localhostProfile": "a"},
    ],
    "seLinuxOptions": [
        {},
        *({"type": t} for t in ("container_t", "container_engine_t", "container_kvm_t", "other")),
        {"user": "a"},
        {"role": "a"},
        {"level": "a"},
        {"user": "", "type": ""},
    ],
    "windowsOptions": [{"hostProcess": True}, {"hostProcess": False}, {"runAsUserName": "a"}],
}
_CONTAINER_CONTEXT: dict[str, list[Any]] = {
    **_CONTEXT,
    "privileged": [True, False],
    "allowPrivilegeEscalation": [None, True],
    "procMount": ["Default", "Unmasked"],
    "capabilities": [
        None,
        {},
        {"drop": ["all"]},
        {"drop": ["NET_RAW"]},
        *({"drop": ["ALL"], "add": [c]} for c in ("NET_BIND_SERVICE", "CHOWN", "NET_RAW", "ALL")),
        {"add": ["IPC_LOCK", "KILL"]},
        {"drop": ["ALL", "KILL"], "add": ["SYS_CHROOT", "net_bind_service"]},
    ],
}
_POD_CONTEXT: dict[str, list[Any]] = {
    **_CONTEXT,
    "sysctls": [
        [],
        *(
            [{"name": name, "value": "1"}]
            for name in (
                "kernel.shm_rmid_forced",
                "kernel.msgmax",
                "net.ipv4.ip_local_port_range",
                "net.ipv4.ip_local_reserved_ports",
                "net.ipv4.ip_unprivileged_port_start",
                "net.ipv4.ping_group_range",
                "net.ipv4.tcp_fin_timeout",
                "net.ipv4.tcp_keepalive_intvl",
                "net.ipv4.tcp_keepalive_probes",
                "net.ipv4.tcp_keepalive_time",
                "net.ipv4.tcp_rmem",
                "net.ipv4.tcp_syncookies",
                "net.ipv4.tcp_wmem",
                "net.core.somaxconn",
            )
        ),
    ],
    "supplementalGroups": [[0]],
    "fsGroup": [0],
}
_HOSTED = [
    {kind: {"port": 1, "host": host}} for kind in ("httpGet", "tcpSocket") for host in ("", "a")
]
_CONTAINER: dict[str, list[Any]] = {
    "ports": [[{"containerPort": 1, "hostPort": port}] for port in (0, 1)],
    "livenessProbe": [*_HOSTED, {"exec": {"command": ["a"]}}, {"grpc": {"port": 1}}],
    "readinessProbe": _HOSTED,
    "startupProbe": _HOSTED,
    "lifecycle": [{hook: h} for hook in ("postStart", "preStop") for h in _HOSTED],
}
_SOURCES: dict[str, Any] = {
    "hostPath": {"path": "/"}, "emptyDir": {}, "configMap": {"name": "a"},
    "secret": {"secretName": "a"}, "persistentVolumeClaim": {"claimName": "a"},
    "csi": {"driver": "a"}, "downwardAPI": {}, "projected": {}, "ephemeral": {},
    "image": {"reference": "a"}, "nfs": {"server": "a", "path": "/"}, "iscsi": {"iqn": "a"},
    "gitRepo": {"repository": "a"}, "gcePersistentDisk": {"pdName": "a"}, "rbd": {"image": "a"},
}  # fmt: skip
_SPEC: dict[str, list[Any]] = {
    **{field: [True, False] for field in ("hostNetwork", "hostPID", "hostIPC", "hostUsers")},
    "os": [{"name": "windows"}, {"name": "linux"}],
    "volumes": [
        *([{"name": "v", kind: source}] for kind, source in _SOURCES.items()),
        [{"name": "v", "emptyDir": {}}, {"name": "w", "hostPath": {"path": "/a"}}],
    ],
}
_ANNOTATIONS = (
    "container.apparmor.security.beta.kubernetes.io/main",
    "seccomp.security.alpha.kubernetes.io/pod",
    "container.seccomp.security.alpha.kubernetes.io/main",
    "container.seccomp.security.alpha.kubernetes.io/other",
)
_PROFILES = ["", "runtime/default", "docker/default", "localhost/a", "unconfined", "other"]
_PLACES = ("containers", "initContainers", "ephemeralContainers")
Pod = dict[str, Any]
Change = tuple[tuple[str, ...], Any]
"""(path, value): `containers` and the like stand for their second container; None removes."""


def pods() -> dict[str, Pod]:
    """Pods by name. The same names have the same pods: the recorded verdicts rely on it."""
    changes = dict(_changes())
    made = {name: changed([change]) for name, change in changes.items()}
    names = sorted(changes)
    # Pairs at fixed distances, so that each change meets some others.
    for step in (7, 31, 101):
        for one, other in zip(names, names[step:], strict=False):
            made[f"{one} & {other}"] = changed([changes[one], changes[other]])
    return {"secure": changed([]), **made}


def _changes() -> Any:
    groups = [
        (("spec",), _SPEC), (("spec", "securityContext"), _POD_CONTEXT),
        *(((place, "securityContext"), _CONTAINER_CONTEXT) for place in _PLACES),
        *(((place,), _CONTAINER) for place in _PLACES),
    ]  # fmt: skip
    for path, fields in groups:
        for field, values in fields.items():
            for i, value in enumerate(values):
                yield f"{'.'.join((*path, field))} {i}", ((*path, field), value)
    for key in _ANNOTATIONS:
        for i, value in enumerate(_PROFILES):
            yield f"{key} {i}", (("annotations", key), value)


def changed(changes: list[Change]) -> Pod:
    """A pod that every standard allows, with some changes."""
    pod: Pod = {
        "metadata": {"annotations": {}},
        "spec": {"securityContext": {}, "containers": [_container("main")]},
    }
    for path, value in changes:
        holder = _holder(pod, path[0])
        for step in path[1:-1]:
            holder = holder.setdefault(step, {})
        if value is None:
            holder.pop(path[-1], None)
        else:
            holder[path[-1]] = value
    return pod


def _holder(pod: Pod, first: str) -> dict[str, Any]:
    if first == "spec":
        spec: dict[str, Any] = pod["spec"]
        return spec
    if first == "annotations":
        notes: dict[str, Any] = pod["metadata"]["annotations"]
        return notes
    containers = pod["spec"].setdefault(first, [])
    if len(containers) < (2 if first == "containers" else 1):
        containers.append(_container("other"))
    last: dict[str, Any] = containers[-1]
    return last


def _container(name: str) -> dict[str, Any]:
    return {"name": name, "image": "a", "securityContext": dict(SECURE)}
