"""Security contexts of Pods and containers."""

from __future__ import annotations

import re
from typing import Any

from stackgen.regex import regex
from stackgen.schema import syntax
from stackgen.schema.native.fields import Fields

_MAX_ID = 2**31 - 1
_SYSCTL_PART = "[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?"
_SYSCTL = regex(rf"{_SYSCTL_PART}(?:[./]{_SYSCTL_PART})*\Z", re.ASCII)
_CONTAINERS = ("containers", "initContainers")
_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")


def _check_ids(owner: Fields, *fields: str) -> None:
    for field in fields:
        owner.between(field, 0, _MAX_ID)


def _check_profile(owner: Fields, field: str) -> Fields | None:
    """The profile of type Localhost, whose file is still to be checked."""
    if field not in owner:
        return None
    profile = owner.inner(field)
    profile.needs_enum("type", _PROFILES)
    if profile.get("type") == "Localhost":
        return profile
    profile.forbidden("only for type Localhost", "localhostProfile")
    return None


def _check_profiles(owner: Fields) -> None:
    field, missing = "localhostProfile", "type Localhost needs it"
    seccomp = _check_profile(owner, "seccompProfile")
    if seccomp and seccomp.is_set(field, missing):
        seccomp.syntax(field, _relative)
    armor = _check_profile(owner, "appArmorProfile")
    if armor:
        name = armor.get(field) or ""
        if not name.strip():
            armor.report.required(armor.at(field), missing)
        elif name != name.strip() or len(name) > 4095:
            wrong = "must have no white space around it and at most 4095 characters"
            armor.report.syntax(armor.at(field), name, wrong)


def _relative(path: str) -> str:
    return syntax.relative_path(path) if path else "must not be empty"


def _check_windows(owner: Fields) -> None:
    if "windowsOptions" not in owner:
        return
    options = owner.inner("windowsOptions")
    options.name("gmsaCredentialSpecName", syntax.dns_subdomain)
    content = options.get("gmsaCredentialSpec")
    if content is not None and not 0 < len(content.encode()) <= 65536:
        where = options.at("gmsaCredentialSpec")
        options.report.length(where, "must have between 1 and 65536 bytes")
    options.syntax("runAsUserName", _windows_user)


def _windows_user(user: str) -> str:
    """Why a name cannot be that of a Windows user, or "". It is DOMAIN\\user or user."""
    domain, backslash, name = user.rpartition("\\")
    if not user or (backslash and not (domain and name)):
        return "must not be empty, nor either side of its backslash"
    if "\\" in domain or re.search(r'[/:;|=,+*?<>@\[\]"]', name):
        return "must be user or DOMAIN\\user, without special characters"
    return ""


def check_host_process(spec: Fields) -> None:
    """Containers that are processes of a Windows host: all or none, with the host's network."""
    pod = _host_process(spec.data)
    wishes = [_host_process(owner) for f in _CONTAINERS for owner in spec.get(f) or ()]
    for wish in wishes:
        if pod is not None and wish is not None and pod != wish:
            spec.wrong("securityContext", "hostProcess differs from a container's")
    count = sum(pod is True if wish is None else wish for wish in wishes)
    if count and count != len(wishes):
        spec.report.wrong(spec.path, "hostProcess must be set for all containers or for none")
    if count and not spec.get("hostNetwork"):
        spec.wrong("hostNetwork", "must be true for hostProcess containers")


def _host_process(owner: dict[str, Any]) -> bool | None:
    options = (owner.get("securityContext") or {}).get("windowsOptions") or {}
    wish: bool | None = options.get("hostProcess")
    return wish


def check_container_security(context: Fields, host_users: bool) -> None:
    """`host_users`: the Pod shares the host's user namespace."""
    _check_ids(context, "runAsUser", "runAsGroup")
    fine = context.enum("procMount", ("Default", "Unmasked"))
    if fine and host_users and context.get("procMount") == "Unmasked":
        context.wrong("procMount", "Unmasked needs hostUsers: false in the Pod")
    _check_profiles(context)
    _check_windows(context)
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged"):
            context.wrong("allowPrivilegeEscalation", "cannot be false in a privileged container")
        if "CAP_SYS_ADMIN" in (context.inner("capabilities").get("add") or ()):
            why = "cannot be false when CAP_SYS_ADMIN is added"
            context.wrong("allowPrivilegeEscalation", why)


def check_pod_security(spec: Fields) -> None:
    """The Pod spec's `securityContext`, with the host namespaces the Pod uses."""
    context = spec.inner("securityContext")
    _check_ids(context, "runAsUser", "runAsGroup", "fsGroup")
    for group, where in context.values("supplementalGroups"):
        if not 0 <= group <= _MAX_ID:
            context.report.range(where, group, f"between 0 and {_MAX_ID}")
    context.enum("fsGroupChangePolicy", ("Always", "OnRootMismatch"))
    context.enum("supplementalGroupsPolicy", ("Merge", "Strict"))
    context.enum("seLinuxChangePolicy", ("MountOption", "Recursive"))
    _check_profiles(context)
    _check_windows(context)
    seen: set[str] = set()
    for sysctl in context.items("sysctls"):
        _check_sysctl(sysctl, spec, seen)


def _check_sysctl(sysctl: Fields, spec: Fields, seen: set[str]) -> None:
    name = sysctl.get("name", "")
    if not sysctl.needs("name"):
        return
    if sysctl.name("name", _sysctl):
        sysctl.unique("name", seen, "kernel parameter")
    seen.add(name)
    dotted = name.replace("/", ".")
    if spec.get("hostNetwork") and dotted.startswith("net."):
        sysctl.wrong("name", "cannot be set with hostNetwork: true")
    if spec.get("hostIPC") and dotted.startswith(("kernel.shm", "kernel.msg", "fs.mqueue.")):
        sysctl.wrong("name", "cannot be set with hostIPC: true")


def _sysctl(name: str) -> str:
    fine = len(name) <= 253 and _SYSCTL.match(name)
    return "" if fine else "is not the name of a kernel parameter such as net.core.x"


_WINDOWS_POD = (
    "appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy",
    "sysctls", "runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy",
)  # fmt: skip
_WINDOWS_CONTAINER = (
    "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities",
    "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount", "runAsUser",
    "runAsGroup",
)  # fmt: skip


def check_os(spec: Fields) -> None:
    """What a Pod for Linux or Windows, said by `os.name`, cannot set."""
    system = spec.inner("os").get("name", "")
    if system not in ("linux", "windows"):
        return
    why, windows = f"not for {system.capitalize()} Pods", system == "windows"
    if windows:
        spec.forbidden(why, "hostUsers")
        spec.unwanted(why, "hostPID", "hostIPC", "shareProcessNamespace")
    owners = [(spec, _WINDOWS_POD)]
    owners += [(one, _WINDOWS_CONTAINER) for group in _CONTAINERS for one in spec.items(group)]
    for owner, fields in owners:
        context = owner.inner("securityContext")
        for field in fields if windows else ("windowsOptions",):
            if context.get(field) not in (None, []):
                context.wrong(field, why)
