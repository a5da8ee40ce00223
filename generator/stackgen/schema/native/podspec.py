"""The pod spec, in a Pod or in the template of a workload."""

from __future__ import annotations

from typing import Any

from stackgen.digits import to_int
from stackgen.manifest.document import Path
from stackgen.schema.native import labels, syntax
from stackgen.schema.native.containers import PodContext, check_containers, check_host_network
from stackgen.schema.native.pod_resources import check_pod_resources
from stackgen.schema.native.report import Report
from stackgen.schema.native.resources import check_amount, check_name
from stackgen.schema.native.scheduling import check_affinity, check_spread, check_tolerations
from stackgen.schema.native.security import check_host_process, check_os, check_pod_security
from stackgen.schema.native.volumes import check_volumes

_DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_RESTARTS = ("Always", "Never", "OnFailure")
_OBJECT_NAMES = (
    "serviceAccountName", "serviceAccount", "nodeName", "priorityClassName", "runtimeClassName",
)  # fmt: skip
_MAX_INT32 = 2**31 - 1


def check_template(
    template: dict[str, Any],
    path: Path,
    report: Report,
    more_volumes: dict[str, dict[str, Any]] | None = None,
) -> None:
    """The `template` of a workload; `more_volumes` by name, made by the workload itself."""
    meta = template.get("metadata") or {}
    if meta.get("labels"):
        labels.check_labels(meta["labels"], (*path, "metadata", "labels"), report)
    if meta.get("annotations"):
        where = (*path, "metadata", "annotations")
        labels.check_annotations(meta["annotations"], where, report)
        check_pod_annotations(meta["annotations"], where, report)
    spec, where = template.get("spec") or {}, (*path, "spec")
    check_pod_spec(spec, where, report, more_volumes=more_volumes)
    if spec.get("ephemeralContainers"):
        message = "a template has no ephemeral containers: they are added to running pods"
        report.wrong((*where, "ephemeralContainers"), message)


def check_pod_annotations(annotations: dict[str, str], path: Path, report: Report) -> None:
    """Annotations to which Kubernetes itself gives a meaning in pods."""
    cost = annotations.get("controller.kubernetes.io/pod-deletion-cost")
    if cost is not None:
        where = (*path, "controller.kubernetes.io/pod-deletion-cost")
        digits = cost.removeprefix("-")
        plain = digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0")
        if not plain or cost == "-0" or not -_MAX_INT32 - 1 <= to_int(cost) <= _MAX_INT32:
            report.add("schema-annotation", where, f'"{cost}" is not a 32-bit integer')


def check_pod_spec(
    spec: dict[str, Any],
    path: Path,
    report: Report,
    bare: bool = False,
    more_volumes: dict[str, dict[str, Any]] | None = None,
) -> None:
    """bare: the spec of a Pod object itself."""
    volumes = check_volumes(spec.get("volumes") or [], bare, (*path, "volumes"), report)
    if more_volumes:
        volumes = {**volumes, **more_volumes}
    claims = _check_claims(spec.get("resourceClaims") or (), (*path, "resourceClaims"), report)
    pod = PodContext(
        volumes=volumes,
        claims=claims,
        grace=spec.get("terminationGracePeriodSeconds", 30),
        restart=spec.get("restartPolicy") or "Always",
        host_users=spec.get("hostUsers", True),
        bare=bare,
    )
    check_containers(spec, pod, path, report)
    check_pod_security(spec, path, report)
    check_host_process(spec, path, report)
    check_os(spec, path, report)
    if spec.get("hostNetwork"):
        check_host_network(spec, path, report)
    if spec.get("hostUsers") is False:
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if spec.get(field):
                report.wrong((*path, field), "cannot be combined with hostUsers: false")
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        report.wrong((*path, "shareProcessNamespace"), "cannot be combined with hostPID: true")
    if "affinity" in spec:
        check_affinity(spec["affinity"], (*path, "affinity"), report)
    if "tolerations" in spec:
        check_tolerations(spec["tolerations"], (*path, "tolerations"), report)
    if "topologySpreadConstraints" in spec:
        where = (*path, "topologySpreadConstraints")
        check_spread(spec["topologySpreadConstraints"], where, report)
    if "nodeSelector" in spec:
        labels.check_labels(spec["nodeSelector"], (*path, "nodeSelector"), report)
    if "resources" in spec:
        check_pod_resources(spec, (*path, "resources"), report)
    _check_dns(spec, path, report)
    _check_names(spec, path, report)
    _check_choices(spec, path, report)
    _check_lists(spec, path, report)


def _check_claims(claims: Any, path: Path, report: Report) -> set[str]:
    names: set[str] = set()
    for i, claim in enumerate(claims):
        where = (*path, i)
        name = claim.get("name", "")
        if not name:
            report.required((*where, "name"))
        elif name in names:
            report.duplicate((*where, "name"), name, "claim name")
        elif syntax.dns_label(name):
            report.name((*where, "name"), name, syntax.dns_label(name))
        names.add(name)
        fields = ("resourceClaimName", "resourceClaimTemplateName")
        given = [f for f in fields if claim.get(f) is not None]
        if len(given) > 1:
            report.wrong(where, f"{' and '.join(fields)} exclude each other")
        elif not given:
            report.wrong(where, f"one of {' and '.join(fields)} is needed")
        for field in given:
            report.name((*where, field), claim[field], syntax.dns_subdomain(claim[field]))
    return names


def _check_names(spec: dict[str, Any], path: Path, report: Report) -> None:
    for field in _OBJECT_NAMES:
        value = spec.get(field)
        if value is None or (value == "" and field != "runtimeClassName"):
            continue
        if field == "serviceAccount" and spec.get("serviceAccountName"):
            continue  # the newer field counts
        report.name((*path, field), value, syntax.dns_subdomain(value))
    for field in ("hostname", "subdomain"):
        value = spec.get(field)
        if value and syntax.dns_label(value):
            report.name((*path, field), value, syntax.dns_label(value))
    override = spec.get("hostnameOverride")
    if override is not None:
        where = (*path, "hostnameOverride")
        if syntax.dns_subdomain(override):
            report.name(where, override, syntax.dns_subdomain(override))
        elif len(override) > 64:
            report.length(where, "must be at most 64 characters")
        if spec.get("hostNetwork"):
            report.wrong(where, "cannot be combined with hostNetwork: true")
        if spec.get("setHostnameAsFQDN"):
            report.wrong(where, "cannot be combined with setHostnameAsFQDN: true")


def _check_choices(spec: dict[str, Any], path: Path, report: Report) -> None:
    restart = spec.get("restartPolicy")
    if restart and restart not in _RESTARTS:
        report.enum((*path, "restartPolicy"), restart, _RESTARTS)
    policy = spec.get("preemptionPolicy")
    if policy and policy not in ("Never", "PreemptLowerPriority"):
        report.enum((*path, "preemptionPolicy"), policy, ("Never", "PreemptLowerPriority"))
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= _MAX_INT32:
        report.range((*path, "activeDeadlineSeconds"), deadline, f"between 1 and {_MAX_INT32}")
    system = spec.get("os")
    if system is not None:
        if not system.get("name"):
            report.required((*path, "os", "name"))
        elif system["name"] not in ("linux", "windows"):
            report.enum((*path, "os", "name"), system["name"], ("linux", "windows"))
    for name, amount in (spec.get("overhead") or {}).items():
        check_name(name, (*path, "overhead", name), report)
        check_amount(name, amount, (*path, "overhead", name), report)


def _check_lists(spec: dict[str, Any], path: Path, report: Report) -> None:
    for i, gate in enumerate(spec.get("readinessGates") or ()):
        where = (*path, "readinessGates", i, "conditionType")
        labels.check_label_key(gate.get("conditionType", ""), where, report)
    gates: set[str] = set()
    for i, gate in enumerate(spec.get("schedulingGates") or ()):
        where, name = (*path, "schedulingGates", i), gate.get("name", "")
        labels.check_label_key(name, (*where, "name"), report)
        if name in gates:
            report.duplicate(where, name, "gate")
        gates.add(name)
    if gates and spec.get("nodeName"):
        report.wrong((*path, "nodeName"), "cannot be set until all schedulingGates are gone")
    for i, alias in enumerate(spec.get("hostAliases") or ()):
        where = (*path, "hostAliases", i)
        report.syntax((*where, "ip"), alias.get("ip", ""), syntax.ip(alias.get("ip", "")))
        for j, host in enumerate(alias.get("hostnames") or ()):
            report.name((*where, "hostnames", j), host, syntax.dns_subdomain(host))


def _check_dns(spec: dict[str, Any], path: Path, report: Report) -> None:
    policy = spec.get("dnsPolicy") or "ClusterFirst"
    config = spec.get("dnsConfig")
    report.enum((*path, "dnsPolicy"), policy, _DNS_POLICIES)
    where = (*path, "dnsConfig")
    servers = (config or {}).get("nameservers") or ()
    if policy == "None" and not servers:
        report.required((*where, "nameservers"), "dnsPolicy None needs at least one")
    if config is None:
        return
    if len(servers) > 3:
        report.length((*where, "nameservers"), f"{len(servers)} name servers: at most 3")
    for i, server in enumerate(servers):
        report.syntax((*where, "nameservers", i), server, syntax.ip(server))
    searches = config.get("searches") or ()
    if len(searches) > 32:
        report.length((*where, "searches"), f"{len(searches)} search domains: at most 32")
    if len(" ".join(searches)) > 2048:
        report.length((*where, "searches"), "more than 2048 characters together")
    for i, search in enumerate(searches):
        # A lone dot, a final dot and underscores are allowed here.
        bare = search.removesuffix(".").replace("_", "a")
        if search != "." and syntax.dns_subdomain(bare):
            report.name((*where, "searches", i), search, syntax.dns_subdomain(bare))
    for i, option in enumerate(config.get("options") or ()):
        if not option.get("name"):
            report.required((*where, "options", i, "name"))
