"""Security contexts of pods and containers."""

from __future__ import annotations

import re
from typing import Any

from stackgen.manifest.document import Path
from stackgen.schema.native import syntax
from stackgen.schema.native.report import Report

_MAX_ID = 2**31 - 1
_SYSCTL_PART = "[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?"
_SYSCTL = re.compile(rf"{_SYSCTL_PART}(?:[./]{_SYSCTL_PART})*\Z", re.ASCII)
_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")


def _check_id(owner: dict[str, Any], field: str, path: Path, report: Report) -> None:
    value = owner.get(field)
    if value is not None and not 0 <= value <= _MAX_ID:
        report.range((*path, field), value, f"between 0 and {_MAX_ID}")


def _check_seccomp(owner: dict[str, Any], path: Path, report: Report) -> None:
    profile = owner.get("seccompProfile")
    if profile is None:
        return
    where = (*path, "seccompProfile")
    kind, local = profile.get("type", ""), profile.get("localhostProfile")
    if not kind:
        report.required((*where, "type"))
    elif kind not in _PROFILES:
        report.enum((*where, "type"), kind, _PROFILES)
    if kind == "Localhost":
        if local is None:
            report.required((*where, "localhostProfile"), "type Localhost needs it")
        elif not local or syntax.relative_path(local):
            wrong = syntax.relative_path(local) if local else "must not be empty"
            report.syntax((*where, "localhostProfile"), local, wrong)
    elif local is not None:
        report.wrong((*where, "localhostProfile"), "only for type Localhost")


def _check_app_armor(owner: dict[str, Any], path: Path, report: Report) -> None:
    profile = owner.get("appArmorProfile")
    if profile is None:
        return
    where = (*path, "appArmorProfile")
    kind, local = profile.get("type", ""), profile.get("localhostProfile")
    if not kind:
        report.required((*where, "type"))
    elif kind not in _PROFILES:
        report.enum((*where, "type"), kind, _PROFILES)
    if kind == "Localhost":
        if not local or not local.strip():
            report.required((*where, "localhostProfile"), "type Localhost needs it")
        elif local != local.strip() or len(local) > 4095:
            wrong = "must have no white space around it and at most 4095 characters"
            report.syntax((*where, "localhostProfile"), local, wrong)
    elif local is not None:
        report.wrong((*where, "localhostProfile"), "only for type Localhost")


def _check_windows(owner: dict[str, Any], path: Path, report: Report) -> None:
    options = owner.get("windowsOptions")
    if options is None:
        return
    where = (*path, "windowsOptions")
    name = options.get("gmsaCredentialSpecName")
    if name is not None and syntax.dns_subdomain(name):
        report.name((*where, "gmsaCredentialSpecName"), name, syntax.dns_subdomain(name))
    content = options.get("gmsaCredentialSpec")
    if content is not None and not 0 < len(content.encode()) <= 65536:
        report.length((*where, "gmsaCredentialSpec"), "must have between 1 and 65536 bytes")
    user = options.get("runAsUserName")
    if user is not None and _windows_user(user):
        report.syntax((*where, "runAsUserName"), user, _windows_user(user))


def _windows_user(user: str) -> str:
    """Why a name cannot be that of a Windows user, or "". It is DOMAIN\\user or user."""
    domain, backslash, name = user.rpartition("\\")
    if not user or (backslash and not (domain and name)):
        return "must not be empty, nor either side of its backslash"
    if "\\" in domain or re.search(r'[/:;|=,+*?<>@\[\]"]', name):
        return "must be user or DOMAIN\\user, without special characters"
    return ""


def check_host_process(spec: dict[str, Any], path: Path, report: Report) -> None:
    """Containers that are processes of a Windows host: all or none, with the host's network."""
    pod = _host_process(spec)
    owners = [c for f in ("initContainers", "containers") for c in spec.get(f) or ()]
    wishes = [_host_process(owner) for owner in owners]
    for wish in wishes:
        if pod is not None and wish is not None and pod != wish:
            report.wrong((*path, "securityContext"), "hostProcess differs from a container's")
    count = sum(pod is True if wish is None else wish for wish in wishes)
    if count and count != len(owners):
        report.wrong(path, "hostProcess must be set for all containers or for none")
    if count and not spec.get("hostNetwork"):
        report.wrong((*path, "hostNetwork"), "must be true for hostProcess containers")


def _host_process(owner: dict[str, Any]) -> bool | None:
    options = (owner.get("securityContext") or {}).get("windowsOptions") or {}
    wish: bool | None = options.get("hostProcess")
    return wish


def check_container_security(
    context: dict[str, Any], host_users: bool, path: Path, report: Report
) -> None:
    """`host_users`: the pod shares the host's user namespace."""
    _check_id(context, "runAsUser", path, report)
    _check_id(context, "runAsGroup", path, report)
    mount = context.get("procMount")
    if mount is not None:
        if mount not in ("Default", "Unmasked"):
            report.enum((*path, "procMount"), mount, ("Default", "Unmasked"))
        elif host_users and mount == "Unmasked":
            report.wrong((*path, "procMount"), "Unmasked needs hostUsers: false in the pod")
    _check_seccomp(context, path, report)
    _check_app_armor(context, path, report)
    _check_windows(context, path, report)
    if context.get("allowPrivilegeEscalation") is False:
        where = (*path, "allowPrivilegeEscalation")
        if context.get("privileged"):
            report.wrong(where, "cannot be false in a privileged container")
        added = (context.get("capabilities") or {}).get("add") or ()
        if "CAP_SYS_ADMIN" in added:
            report.wrong(where, "cannot be false when CAP_SYS_ADMIN is added")


def check_pod_security(spec: dict[str, Any], path: Path, report: Report) -> None:
    """The pod spec's `securityContext`, with the host namespaces the pod uses."""
    context = spec.get("securityContext") or {}
    path = (*path, "securityContext")
    for field in ("runAsUser", "runAsGroup", "fsGroup"):
        _check_id(context, field, path, report)
    for i, group in enumerate(context.get("supplementalGroups") or ()):
        if not 0 <= group <= _MAX_ID:
            report.range((*path, "supplementalGroups", i), group, f"between 0 and {_MAX_ID}")
    _check_choice(context, "fsGroupChangePolicy", ("Always", "OnRootMismatch"), path, report)
    _check_choice(context, "supplementalGroupsPolicy", ("Merge", "Strict"), path, report)
    _check_choice(context, "seLinuxChangePolicy", ("MountOption", "Recursive"), path, report)
    _check_seccomp(context, path, report)
    _check_app_armor(context, path, report)
    _check_windows(context, path, report)
    if context.get("sysctls"):
        _check_sysctls(spec, context["sysctls"], (*path, "sysctls"), report)


def _check_choice(
    owner: dict[str, Any], field: str, allowed: tuple[str, ...], path: Path, report: Report
) -> None:
    value = owner.get(field)
    if value is not None and value not in allowed:
        report.enum((*path, field), value, allowed)


def _check_sysctls(
    spec: dict[str, Any], sysctls: list[dict[str, Any]], path: Path, report: Report
) -> None:
    seen: set[str] = set()
    for i, sysctl in enumerate(sysctls):
        name = sysctl.get("name", "")
        where = (*path, i, "name")
        if not name:
            report.required(where)
            continue
        if len(name) > 253 or not _SYSCTL.match(name):
            report.name(where, name, "is not the name of a kernel parameter such as net.core.x")
        elif name in seen:
            report.duplicate(where, name, "kernel parameter")
        seen.add(name)
        dotted = name.replace("/", ".")
        if spec.get("hostNetwork") and dotted.startswith("net."):
            report.wrong(where, "cannot be set with hostNetwork: true")
        if spec.get("hostIPC") and dotted.startswith(("kernel.shm", "kernel.msg", "fs.mqueue.")):
            report.wrong(where, "cannot be set with hostIPC: true")


_WINDOWS_POD = (
    "appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy",
    "sysctls", "runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy",
)  # fmt: skip
_WINDOWS_CONTAINER = (
    "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities",
    "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount", "runAsUser",
    "runAsGroup",
)  # fmt: skip


def check_os(spec: dict[str, Any], path: Path, report: Report) -> None:
    """What a pod for Linux or Windows, said by `os.name`, cannot set."""
    system = (spec.get("os") or {}).get("name", "")
    context = spec.get("securityContext") or {}
    where = (*path, "securityContext")
    if system == "windows":
        if spec.get("hostUsers") is not None:
            report.wrong((*path, "hostUsers"), "not for Windows pods")
        for field in ("hostPID", "hostIPC", "shareProcessNamespace"):
            if spec.get(field):
                report.wrong((*path, field), "not for Windows pods")
        _forbid(context, _WINDOWS_POD, "not for Windows pods", where, report)
    elif system == "linux":
        _forbid(context, ("windowsOptions",), "not for Linux pods", where, report)
    for group in ("containers", "initContainers"):
        for i, container in enumerate(spec.get(group) or ()):
            inner, at = container.get("securityContext") or {}, (*path, group, i, "securityContext")
            if system == "windows":
                _forbid(inner, _WINDOWS_CONTAINER, "not for Windows pods", at, report)
            elif system == "linux":
                _forbid(inner, ("windowsOptions",), "not for Linux pods", at, report)


def _forbid(
    owner: dict[str, Any], fields: tuple[str, ...], why: str, path: Path, report: Report
) -> None:
    for field in fields:
        value = owner.get(field)
        if value is not None and value != []:
            report.wrong((*path, field), why)
