"""An endpoint picker that is started for another pool than the one that names it."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, ApiObject, Chain, chain
from stackgen.checks.serving.pickers.pickers import POOL_NAME, Picker, pickers, pools_of
from stackgen.checks.serving.provided import provided
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.spelling import did_you_mean

# Read since v1.3.0 of the Gateway API Inference Extension; the default of the flag is "default".
_NAMESPACE = "NAMESPACE"


def check(context: Context) -> Violations:
    """Pools that share a picker, and pickers whose flags name another pool, namespace or group."""
    links = chain(context)
    for picker in pickers(links):
        name = picker.line.text(POOL_NAME)
        if name is None or not plain(name):
            continue
        found = list(pools_of(links, picker))
        if not found:
            yield from _no_pool(context, picker, name)
        own = [entry for entry in found if entry[0].name == name]
        for pool, path, _ in found:
            if pool.name == name:
                yield from _flags(picker, pool)
            elif own:
                yield violation(
                    f"endpoint picker {picker.pods.owner.name} serves only InferencePool "
                    f"{name} (--pool-name), but {pool.name} also refers to it",
                    pool.place(*path),
                    picker.flag(POOL_NAME),
                )
            else:
                yield violation(
                    f"--pool-name is {name}, but InferencePool {pool.name} refers to this "
                    "endpoint picker",
                    picker.flag(POOL_NAME),
                    pool.place(*path),
                )
        for service in {entry[2].name: entry[2] for entry in found}.values():
            yield from _port(picker, service)


def _no_pool(context: Context, picker: Picker, name: str) -> Violations:
    """The pool that the picker waits for is not in the input, which has others or its Service."""
    links, namespace = chain(context), picker.pods.owner.namespace
    pools = [x.name for x in links.of("InferencePool", *POOL_GROUPS) if x.namespace == namespace]
    if pools and name not in pools:
        yield violation(
            f"--pool-name is {name}; the namespace has {', '.join(sorted(pools))}"
            f"{did_you_mean(name, pools)}",
            picker.flag(POOL_NAME),
            severity=Severity.WARNING,
        )
    known, by = provided(context), picker.pods.owner.resource
    hidden = known.opaque or known.incomplete(by) or known.has("InferencePool", namespace, name)
    if not pools and not hidden and _is_served(links, picker):
        yield violation(
            f"--pool-name is {name}, and nothing in the input makes an InferencePool of this name",
            picker.flag(POOL_NAME),
            severity=Severity.WARNING,
            confidence="medium",
        )


def _is_served(links: Chain, picker: Picker) -> bool:
    """Whether the input has a Service of the picker: what belongs to the picker is here."""
    labels, namespace = picker.pods.labels, picker.pods.owner.namespace
    chosen = [
        as_dict(one.get("spec", "selector"))
        for one in links.of("Service", "")
        if one.namespace == namespace
    ]
    return any(wanted and wanted.items() <= labels.items() for wanted in chosen)


def _flags(picker: Picker, pool: ApiObject) -> Violations:
    for flag, actual in (
        ("pool-namespace", pool.namespace or "default"),
        ("pool-group", pool.group),
    ):
        given = picker.line.text(flag)
        if given and plain(given) and given != actual:
            yield violation(
                f"--{flag} is {given}; InferencePool {pool.name} has {actual}",
                picker.flag(flag),
                pool.place("metadata", "name"),
            )
    flag = "pool-namespace"
    # For an engine, a file of options makes the line incomplete; this one has plugins.
    whole = picker.line.complete or "config-file" in picker.line.flags
    known = pool.namespace not in ("", "default") and whole
    if known and flag not in picker.line.flags and not _in_environment(picker):
        yield violation(
            f"neither --{flag} nor the variable {_NAMESPACE} is set, so the endpoint picker reads "
            f"namespace default; InferencePool {pool.name} is in {pool.namespace}",
            picker.place(),
            pool.place("metadata", "namespace"),
        )


def _in_environment(picker: Picker) -> bool:
    """Whether the namespace comes from the environment, or may do so."""
    names = {text(one.get("name")) for _, one in maps(picker.container.get("env"))}
    return _NAMESPACE in names or bool(picker.container.get("envFrom"))


def _port(picker: Picker, service: ApiObject) -> Violations:
    """The port of the picker's Service, on its Pods, against --grpc-port."""
    listens = picker.line.number("grpc-port")
    targets = [
        port.get("targetPort", port.get("port"))
        for _, port in maps(at(service.data, "spec", "ports"))
    ]
    numbers = [target for target in targets if isinstance(target, int)]
    if listens is not None and targets and len(numbers) == len(targets) and listens not in numbers:
        sent = ", ".join(map(str, numbers))
        yield violation(
            f"--grpc-port is {listens}, but the target port of Service {service.name} is {sent}",
            picker.flag("grpc-port"),
            Place(service.resource, ("spec", "ports")),
        )
