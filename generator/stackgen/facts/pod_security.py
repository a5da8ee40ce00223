"""The Pod Security Standards: why a namespace that enforces one refuses a pod.

Restates the checks of k8s.io/pod-security-admission v0.36, each from the version that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.manifest.document import Path
from stackgen.record import record

LATEST = (1, 36)
LEVELS = ("privileged", "baseline", "restricted")
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROFILES = ("RuntimeDefault", "Localhost")
_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim",
    "projected", "secret",
}  # fmt: skip
_SYSCTLS: dict[tuple[int, int], tuple[str, ...]] = {
    (1, 0): (
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
    ),
    (1, 27): ("net.ipv4.ip_local_reserved_ports",),
    (1, 29): (
        "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
    ),
    (1, 32): ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
}  # fmt: skip
Version = tuple[int, int]


@record
class Violation:
    """check: its id in the admission plugin. path: below the Pod's spec. message: what is wrong."""

    check: str
    path: Path
    message: str


@record
class Pod:
    """A Pod as the checks see it. version: of the standard."""

    annotations: Mapping[str, Any]
    spec: dict[str, Any]
    version: Version

    @property
    def context(self) -> dict[str, Any]:
        return as_dict(self.spec.get("securityContext"))

    @property
    def windows(self) -> bool:
        return as_dict(self.spec.get("os")).get("name") == "windows" and self.version >= (1, 25)

    @property
    def own_users(self) -> bool:
        return self.spec.get("hostUsers") is False and self.version >= (1, 35)

    def containers(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        for section in _CONTAINERS:
            for i, container in maps(self.spec.get(section)):
                yield (section, i), container

    def contexts(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The security contexts: of the Pod, and of each container."""
        yield ("securityContext",), self.context
        for path, container in self.containers():
            yield (*path, "securityContext"), as_dict(container.get("securityContext"))


def violations(
    spec: dict[str, Any], annotations: Mapping[str, Any], level: str, version: Version = LATEST
) -> list[Violation]:
    """Why a namespace that enforces `level` refuses a Pod; none for an unknown level."""
    pod = Pod(annotations, spec, version)
    checks: tuple[Callable[[Pod], Iterator[Violation]], ...] = ()
    if level in LEVELS[1:]:
        checks += _BASELINE
    if level == "restricted":
        checks += _RESTRICTED
    return [found for check in checks for found in check(pod)]


def parsed_version(text: Any) -> Version:
    """The version of a label such as `v1.30`; `latest`, and what is none, is the newest."""
    major, _, minor = str(text or "").removeprefix("v").partition(".")
    if major.isdecimal() and minor.isdecimal() and len(major + minor) < 8:
        return min((int(major), int(minor)), LATEST)
    return LATEST


def _host_namespaces(pod: Pod) -> Iterator[Violation]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(field) is True:
            yield Violation("hostNamespaces", (field,), f"{field} is true")


def _privileged(pod: Pod) -> Iterator[Violation]:
    for path, container in pod.containers():
        if as_dict(container.get("securityContext")).get("privileged") is True:
            where = (*path, "securityContext", "privileged")
            yield Violation("privileged", where, "the container is privileged")


def _capabilities(pod: Pod) -> Iterator[Violation]:
    allowed = _CAPABILITIES
    for path, container in pod.containers():
        added = _capability(container, "add")
        for i, name in enumerate(added):
            if name not in allowed:
                where = (*path, "securityContext", "capabilities", "add", i)
                yield Violation("capabilities_baseline", where, f"the capability {name} is added")


def _capability(container: dict[str, Any], field: str) -> list[Any]:
    context = as_dict(container.get("securityContext"))
    return as_list(as_dict(context.get("capabilities")).get(field))


def _host_paths(pod: Pod) -> Iterator[Violation]:
    for i, volume in maps(pod.spec.get("volumes")):
        if volume.get("hostPath") is not None:
            where = ("volumes", i, "hostPath")
            yield Violation("hostPathVolumes", where, "a volume is a folder of the node")


def _host_ports(pod: Pod) -> Iterator[Violation]:
    for path, container in pod.containers():
        for i, port in maps(container.get("ports")):
            if port.get("hostPort"):
                where = (*path, "ports", i, "hostPort")
                yield Violation("hostPorts", where, f"hostPort is {port['hostPort']}")


def _hosts(pod: Pod) -> Iterator[Violation]:
    if pod.version < (1, 34):
        return
    for path, container in pod.containers():
        handlers: list[tuple[Path, dict[str, Any]]] = [
            ((name,), as_dict(container.get(name))) for name in _PROBES
        ]
        lifecycle = as_dict(container.get("lifecycle"))
        handlers += [
            (("lifecycle", name), as_dict(lifecycle.get(name))) for name in ("postStart", "preStop")
        ]
        for inner, handler in handlers:
            for kind in ("httpGet", "tcpSocket"):
                host = as_dict(handler.get(kind)).get("host")
                if host:
                    where = (*path, *inner, kind, "host")
                    message = f"a probe or hook asks the host {host}"
                    yield Violation("hostProbesAndHostLifecycle", where, message)


def _app_armor(pod: Pod) -> Iterator[Violation]:
    for path, context in pod.contexts():
        profile = context.get("appArmorProfile")
        if isinstance(profile, dict) and profile.get("type") not in _PROFILES:
            message = f"the AppArmor profile is {profile.get('type')}"
            yield Violation("appArmorProfile", (*path, "appArmorProfile", "type"), message)
    prefix = "container.apparmor.security.beta.kubernetes.io/"
    for key, value in pod.annotations.items():
        usual = value in ("", "runtime/default") or str(value).startswith("localhost/")
        if str(key).startswith(prefix) and not usual:
            yield Violation("appArmorProfile", (), f"the annotation {key} is {value}")


def _proc_mount(pod: Pod) -> Iterator[Violation]:
    for path, container in pod.containers():
        kind = as_dict(container.get("securityContext")).get("procMount")
        if kind not in (None, "Default") and not pod.own_users:
            where = (*path, "securityContext", "procMount")
            yield Violation("procMount", where, f"procMount is {kind}")


def _selinux(pod: Pod) -> Iterator[Violation]:
    allowed = {"", "container_t", "container_init_t", "container_kvm_t"}
    if pod.version >= (1, 31):
        allowed.add("container_engine_t")
    for path, context in pod.contexts():
        options = as_dict(context.get("seLinuxOptions"))
        for field in ("type", "user", "role"):
            value = options.get(field) or ""
            if value and (field != "type" or value not in allowed):
                where = (*path, "seLinuxOptions", field)
                yield Violation("seLinuxOptions", where, f"seLinuxOptions.{field} is {value}")


def _seccomp(pod: Pod) -> Iterator[Violation]:
    if pod.version < (1, 19):
        yield from _seccomp_annotations(pod)
        return
    for path, context in pod.contexts():
        profile = context.get("seccompProfile")
        if isinstance(profile, dict) and profile.get("type") not in _PROFILES:
            message = f"the seccomp profile is {profile.get('type')}"
            yield Violation("seccompProfile_baseline", (*path, "seccompProfile", "type"), message)


def _seccomp_annotations(pod: Pod) -> Iterator[Violation]:
    names = [container.get("name") for _, container in pod.containers()]
    prefix = "seccomp.security.alpha.kubernetes.io/pod"
    for key in (prefix, *(f"container.{prefix.removesuffix('pod')}{name}" for name in names)):
        value = pod.annotations.get(key)
        usual = value in ("runtime/default", "docker/default")
        if value is not None and not usual and not str(value).startswith("localhost/"):
            message = f"the annotation {key} is {value}"
            yield Violation("seccompProfile_baseline", (), message)


def _sysctls(pod: Pod) -> Iterator[Violation]:
    allowed = {n for since, names in _SYSCTLS.items() if pod.version >= since for n in names}
    for i, sysctl in maps(pod.context.get("sysctls")):
        if sysctl.get("name") not in allowed:
            at_name: Path = ("securityContext", "sysctls", i, "name")
            yield Violation("sysctls", at_name, f"the sysctl {sysctl.get('name')} is set")


def _host_process(pod: Pod) -> Iterator[Violation]:
    for path, context in pod.contexts():
        if as_dict(context.get("windowsOptions")).get("hostProcess") is True:
            where = (*path, "windowsOptions", "hostProcess")
            yield Violation("windowsHostProcess", where, "hostProcess is true")


def _escalation(pod: Pod) -> Iterator[Violation]:
    if pod.version < (1, 8):
        return
    for path, container in pod.containers():
        context = as_dict(container.get("securityContext"))
        if context.get("allowPrivilegeEscalation") is not False and not pod.windows:
            message = "allowPrivilegeEscalation is not false"
            yield Violation("allowPrivilegeEscalation", (*path, "securityContext"), message)


def _all_dropped(pod: Pod) -> Iterator[Violation]:
    if pod.windows or pod.version < (1, 22):
        return
    for path, container in pod.containers():
        where = (*path, "securityContext", "capabilities")
        if "ALL" not in _capability(container, "drop"):
            yield Violation("capabilities_restricted", where, "not all capabilities are dropped")
        for i, name in enumerate(_capability(container, "add")):
            # Those that baseline forbids are told by it.
            if name != "NET_BIND_SERVICE" and name in _CAPABILITIES:
                message = f"the capability {name} is added"
                yield Violation("capabilities_restricted", (*where, "add", i), message)


def _volumes(pod: Pod) -> Iterator[Violation]:
    for i, volume in maps(pod.spec.get("volumes")):
        kinds = {key for key, value in volume.items() if key != "name" and value is not None}
        if not kinds & _VOLUMES and "hostPath" not in kinds:
            kind = next(iter(sorted(kinds)), "unknown")
            yield Violation("restrictedVolumes", ("volumes", i), f"a volume is of the kind {kind}")


def _non_root(pod: Pod) -> Iterator[Violation]:
    if pod.own_users:
        return
    whole = pod.context.get("runAsNonRoot")
    if whole is False:
        where = ("securityContext", "runAsNonRoot")
        yield Violation("runAsNonRoot", where, "runAsNonRoot is false")
    for path, container in pod.containers():
        own = as_dict(container.get("securityContext")).get("runAsNonRoot")
        if own is False or (own is None and whole is not True):
            context = (*path, "securityContext")
            yield Violation("runAsNonRoot", context, "runAsNonRoot is not true")


def _user(pod: Pod) -> Iterator[Violation]:
    if pod.version < (1, 23) or pod.own_users:
        return
    for path, context in pod.contexts():
        user = context.get("runAsUser")
        if user == 0 and not isinstance(user, bool):
            yield Violation("runAsUser", (*path, "runAsUser"), "runAsUser is 0")


def _seccomp_set(pod: Pod) -> Iterator[Violation]:
    if pod.windows or pod.version < (1, 19):
        return
    whole = as_dict(pod.context.get("seccompProfile")).get("type") in _PROFILES
    for path, container in pod.containers():
        context = as_dict(container.get("securityContext"))
        if not whole and not isinstance(context.get("seccompProfile"), dict):
            message = "no seccomp profile is set"
            yield Violation("seccompProfile_restricted", (*path, "securityContext"), message)


_BASELINE = (
    _host_namespaces, _privileged, _capabilities, _host_paths, _host_ports, _hosts, _app_armor,
    _proc_mount, _selinux, _seccomp, _sysctls, _host_process,
)  # fmt: skip
_RESTRICTED = (_escalation, _all_dropped, _volumes, _non_root, _user, _seccomp_set)
