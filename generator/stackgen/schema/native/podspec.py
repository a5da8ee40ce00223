"""The Pod spec, in a Pod or in the template of a workload."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from stackgen.digits import to_int
from stackgen.facts.quantity import parse
from stackgen.schema import syntax
from stackgen.schema.native import labels
from stackgen.schema.native.containers import PodContext, check_containers, check_host_network
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.resources import check_amount, check_name, check_request, is_hugepage
from stackgen.schema.native.scheduling import check_affinity, check_spread, check_tolerations
from stackgen.schema.native.security import check_host_process, check_os, check_pod_security
from stackgen.schema.native.volumes import check_volumes

_ZERO = Decimal(0)


def check_pod_resources(spec: Fields) -> None:
    """`resources` of the Pod spec: cpu, memory and huge pages only."""
    resources, report = spec.inner("resources"), spec.report
    resources.unwanted("claims belong to containers", "claims")
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, text in amounts.items():
            where = resources.at(field, name)
            if name not in ("cpu", "memory") and not is_hugepage(name):
                allowed = "cpu, memory and hugepages-<size>"
                report.name(where, name, f"is not for Pods as a whole: they take {allowed}", True)
            check_amount(name, text, where, report)
    for name, text in requests.items():
        check_request(name, text, limits, resources.path, report)
        asked = _asked(spec.data, name)
        if asked > parse(text):
            message = f"the containers request {asked} of {name}, more than the Pod's {text}"
            report.add("schema-range", resources.at("requests", name), message)
    for name, text in limits.items():
        for container in (*spec.items("containers"), *spec.items("initContainers")):
            limit = container.inner("resources", "limits").get(name)
            if limit is not None and parse(limit) > parse(text):
                shown = container.get("name", "")
                message = f"container {shown} has the limit {limit}, above the Pod's {text}"
                report.add("schema-range", resources.at("limits", name), message)


def _asked(spec: dict[str, Any], name: str) -> Decimal:
    """What all containers together request of a resource."""
    total = _ZERO
    for container in spec.get("containers") or ():
        total += _request(container, name)
    sidecars, most = _ZERO, _ZERO
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            sidecars += _request(container, name)
            most = max(most, sidecars)
        else:
            most = max(most, sidecars + _request(container, name))
    return max(total + sidecars, most)


def _request(container: dict[str, Any], name: str) -> Decimal:
    resources = container.get("resources") or {}
    text = (resources.get("requests") or {}).get(name)
    if text is None:
        text = (resources.get("limits") or {}).get(name)
    return parse(text) if text is not None else _ZERO


_DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_RESTARTS = ("Always", "Never", "OnFailure")
_OBJECT_NAMES = (
    "serviceAccountName", "serviceAccount", "nodeName", "priorityClassName", "runtimeClassName",
)  # fmt: skip
_MAX_INT32 = 2**31 - 1


def check_template(template: Fields, more_volumes: dict[str, dict[str, Any]] | None = None) -> None:
    """The `template` of a workload; `more_volumes` by name, made by the workload itself."""
    meta, spec = template.inner("metadata"), template.inner("spec")
    labels.check_template_meta(meta)
    check_pod_annotations(meta.inner("annotations"))
    check_pod_spec(spec, more_volumes=more_volumes)
    why = "a template has no ephemeral containers: they are added to running Pods"
    spec.unwanted(why, "ephemeralContainers")


def check_pod_annotations(annotations: Fields) -> None:
    """Annotations to which Kubernetes itself gives a meaning in pods."""
    key = "controller.kubernetes.io/pod-deletion-cost"
    cost = annotations.get(key)
    if cost is not None:
        digits = cost.removeprefix("-")
        plain = digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0")
        if not plain or cost == "-0" or not -_MAX_INT32 - 1 <= to_int(cost) <= _MAX_INT32:
            message = f'"{cost}" is not a 32-bit integer'
            annotations.report.add("schema-annotation", annotations.at(key), message)


def check_pod_spec(
    spec: Fields, bare: bool = False, more_volumes: dict[str, dict[str, Any]] | None = None
) -> None:
    """bare: the spec of a Pod object itself."""
    volumes = {**check_volumes(spec, bare), **(more_volumes or {})}
    pod = PodContext(
        volumes=volumes,
        claims=_check_claims(spec),
        grace=spec.get("terminationGracePeriodSeconds", 30),
        restart=spec.get("restartPolicy") or "Always",
        host_users=spec.get("hostUsers", True),
        bare=bare,
    )
    check_containers(spec, pod)
    check_pod_security(spec)
    check_host_process(spec)
    check_os(spec)
    if spec.get("hostNetwork"):
        check_host_network(spec)
    if spec.get("hostUsers") is False:
        why = "cannot be combined with hostUsers: false"
        spec.unwanted(why, "hostNetwork", "hostPID", "hostIPC")
    if spec.get("hostPID"):
        spec.unwanted("cannot be combined with hostPID: true", "shareProcessNamespace")
    if "affinity" in spec:
        check_affinity(spec.inner("affinity"))
    check_tolerations(spec)
    check_spread(spec)
    labels.check_labels(spec.inner("nodeSelector"))
    if "resources" in spec:
        check_pod_resources(spec)
    _check_dns(spec)
    _check_names(spec)
    _check_choices(spec)
    _check_lists(spec)


def _check_claims(spec: Fields) -> set[str]:
    names: set[str] = set()
    fields = ("resourceClaimName", "resourceClaimTemplateName")
    for claim in spec.items("resourceClaims"):
        name = claim.get("name", "")
        if claim.needs("name") and name not in names:
            claim.name("name", syntax.dns_label)
        claim.unique("name", names, "claim name")
        given = claim.given(*fields)
        if len(given) > 1:
            claim.report.wrong(claim.path, f"{' and '.join(fields)} exclude each other")
        elif not given:
            claim.report.wrong(claim.path, f"one of {' and '.join(fields)} is needed")
        for field in given:
            claim.name(field, syntax.dns_subdomain)
    return names


def _check_names(spec: Fields) -> None:
    for field in _OBJECT_NAMES:
        # Of the two names of the account the newer counts.
        if field != "serviceAccount" or not spec.get("serviceAccountName"):
            spec.name(field, syntax.dns_subdomain, empty=field != "runtimeClassName")
    for field in ("hostname", "subdomain"):
        spec.name(field, syntax.dns_label, empty=True)
    override = "hostnameOverride"
    if spec.name(override, syntax.dns_subdomain):
        spec.longest(override, 64)
    for field in ("hostNetwork", "setHostnameAsFQDN"):
        if spec.get(field):
            spec.forbidden(f"cannot be combined with {field}: true", override)


def _check_choices(spec: Fields) -> None:
    spec.enum("restartPolicy", _RESTARTS, empty=True)
    spec.enum("preemptionPolicy", ("Never", "PreemptLowerPriority"), empty=True)
    spec.between("activeDeadlineSeconds", 1, _MAX_INT32)
    if "os" in spec:
        spec.inner("os").needs_enum("name", ("linux", "windows"))
    for name, amount in (spec.get("overhead") or {}).items():
        check_name(name, spec.at("overhead", name), spec.report)
        check_amount(name, amount, spec.at("overhead", name), spec.report)


def _check_lists(spec: Fields) -> None:
    for gate in spec.items("readinessGates"):
        where = gate.at("conditionType")
        labels.check_label_key(gate.get("conditionType", ""), where, gate.report)
    gates: set[str] = set()
    for gate in spec.items("schedulingGates"):
        name = gate.get("name", "")
        labels.check_label_key(name, gate.at("name"), gate.report)
        if name in gates:
            gate.report.duplicate(gate.path, name, "gate")
        gates.add(name)
    if gates:
        spec.unwanted("cannot be set until all schedulingGates are gone", "nodeName")
    for alias in spec.items("hostAliases"):
        address = alias.get("ip", "")
        alias.report.syntax(alias.at("ip"), address, syntax.ip(address))
        for host, where in alias.values("hostnames"):
            alias.report.name(where, host, syntax.dns_subdomain(host))


def _check_dns(spec: Fields) -> None:
    spec.enum("dnsPolicy", _DNS_POLICIES, empty=True)
    config = spec.inner("dnsConfig")
    if spec.get("dnsPolicy") == "None":
        config.needs("nameservers", "dnsPolicy None needs at least one")
    if "dnsConfig" not in spec:
        return
    config.at_most("nameservers", 3, "name servers")
    for server, where in config.values("nameservers"):
        config.report.syntax(where, server, syntax.ip(server))
    config.at_most("searches", 32, "search domains")
    if len(" ".join(config.get("searches") or ())) > 2048:
        config.report.length(config.at("searches"), "more than 2048 characters together")
    for search, where in config.values("searches"):
        # A lone dot, a final dot and underscores are allowed here.
        if search != ".":
            problem = syntax.dns_subdomain(search.removesuffix(".").replace("_", "a"))
            config.report.name(where, search, problem)
    for option in config.items("options"):
        option.needs("name")
