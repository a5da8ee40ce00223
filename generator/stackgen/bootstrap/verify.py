"""`verify.sh`: read-only commands that show that a stack works, each with what one should see."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.bootstrap.verify_access import access_steps, rejects, step_line
from stackgen.escape import shell_word, visible
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.shipped import shipped_text
from stackgen.origin import Origin, flatten
from stackgen.plan.listeners import base_url, front, service_host, trusts_own_ca
from stackgen.plan.model import ModelPlan, Plan, PoolPlan
from stackgen.platforms.registry import predictions, rendering_of

FILE = "verify.sh"
# What panels and alerts need first, by the names of the release row.
METRICS = ("waiting", "running", "first_token", "latency")
PICKER_METRICS = {
    "epp_ready_pods": "the number of servers that it picks from",
    "epp_requests": "its requests, with those above",
}
ROUTE = "HTTPRoute"
TPU_RESOURCE = "google.com/tpu"
TPU_LABEL = "cloud.google.com/gke-tpu-accelerator"
POOL_LABEL = "cloud.google.com/gke-nodepool"
# The layers whose objects serve requests; delivery has conditions of its own.
FOLDERS = ("3-gateway/", "4-serving/")
_ORIGIN = Origin("rule", "verify", "the pods of a model")
_FOOT = """
printf '\\n%s steps failed\\n' "$failed"
[ "$failed" -eq 0 ]
"""


def verify(plan: Plan, objects: tuple[Resource, ...]) -> str:
    """The script. objects: those of the environment, as rendered."""
    about = f"Verify {plan.stack.metadata.name.value} ({plan.env})"
    again = f"stackgen bootstrap --env {shell_word(plan.env)}"
    head = shipped_text(__file__, "scripts/verify.sh")
    parts = [
        head.replace("{about}", visible(about)).replace("{again}", visible(again)),
        *_pools(plan),
        *_classes(plan),
        *_predicted(plan, objects),
        *_routes(plan, objects),
        *_conditions(plan, objects),
        *access_steps(objects),
        *_requests(plan),
        *_metrics(plan, objects),
    ]
    return "\n".join(parts) + _FOOT


def _pools(plan: Plan) -> Iterator[str]:
    for pool in plan.pools:
        if pool.slice is None:
            continue
        label = str(pool.slice.accelerator_label.value)
        for member in pool.members:
            name = str(member.name.value)
            selector = f"{POOL_LABEL}={name},{TPU_LABEL}!={label}"
            yield step_line(
                f"nodes of {name}", f"no node of the pool without {TPU_LABEL}={label}",
                "none", "kubectl", "get", "nodes", "--selector", selector, "--output", "name",
            )  # fmt: skip
            if _serves(plan, pool):
                chips, resource = pool.slice.chips_per_host.value, TPU_RESOURCE.replace(".", "\\.")
                yield step_line(
                    f"chips of {name}", f"{chips} for each node",
                    "every", str(chips), "kubectl", "get", "nodes",
                    "--selector", f"{POOL_LABEL}={name}",
                    "--output", f"jsonpath={{.items[*].status.allocatable.{resource}}}",
                )  # fmt: skip


def _classes(plan: Plan) -> Iterator[str]:
    """GKE says in the conditions of a ComputeClass what it cannot use of it."""
    for pool in plan.pools:
        if pool.fallback:
            name = str(pool.spec.name.value)
            yield step_line(
                f"ComputeClass {name}", "no condition is False",
                "none", "kubectl", "get", "computeclasses.cloud.google.com", name, "--output",
                'jsonpath={.status.conditions[?(@.status=="False")].message}',
            )  # fmt: skip


def _serves(plan: Plan, pool: PoolPlan) -> bool:
    """Whether a model runs on the pool, so that it has nodes."""
    return len(pool.members) == 1 and any(
        model.pool.spec.name.value == pool.spec.name.value and model.fewest.value > 0
        for model in plan.servers
    )


def _made(plan: Plan, objects: tuple[Resource, ...]) -> Iterator[tuple[Any, str]]:
    """The objects that the controller of the platform makes, each with its owner."""
    found = predictions().get(plan.release.platform)
    if found is None:
        return
    bundle = Bundle(objects)
    predict = found.objects(bundle, plan.release.row)
    for resource in bundle.objects:
        if (resource.group, resource.kind) in found.services:
            for data in predict(resource).objects:
                yield data, f"{resource.kind} {resource.name}"


def _predicted(plan: Plan, objects: tuple[Resource, ...]) -> Iterator[str]:
    for data, owner in _made(plan, objects):
        yield _exists(data, owner)


def _routes(plan: Plan, objects: tuple[Resource, ...]) -> Iterator[str]:
    """A route serves only what its gateway accepts, and what it refers to exists."""
    routes = [r.data for r in objects if r.kind == ROUTE]
    for data in (*routes, *(data for data, _ in _made(plan, objects) if data["kind"] == ROUTE)):
        name, space = data["metadata"]["name"], data["metadata"].get("namespace", "")
        for condition in ("Accepted", "ResolvedRefs"):
            path = f'{{.status.parents[*].conditions[?(@.type=="{condition}")].status}}'
            yield step_line(
                f"{ROUTE} {name}", f"condition {condition} is True for each gateway",
                "every", "True", "kubectl", "get", "httproutes.gateway.networking.k8s.io", name,
                *_in(space), "--output", f"jsonpath={path}",
            )  # fmt: skip


def _exists(data: Mapping[str, Any], owner: str) -> str:
    group, _, version = str(data["apiVersion"]).rpartition("/")
    kind, meta = data["kind"], data["metadata"]
    name = f"{kind}.{version}.{group}/{meta['name']}" if group else f"{kind}/{meta['name']}"
    return step_line(
        f"{kind} {meta['name']}", f"it exists; the controller makes it for {owner}",
        "kubectl", "get", name, *_in(meta.get("namespace", "")), "--output", "name",
    )  # fmt: skip


def _in(namespace: str) -> tuple[str, ...]:
    return ("--namespace", namespace) if namespace else ()


def _conditions(plan: Plan, objects: tuple[Resource, ...]) -> Iterator[str]:
    rows = plan.catalog.copy()
    for resource in objects:
        row = rows.readiness(resource.group, resource.kind)
        served = any(f"/{folder}" in f"/{resource.file}" for folder in FOLDERS)
        # kubectl wait reads `status.conditions` only.
        if not served or row is None or "of" in row.data or "condition" not in row.data:
            continue
        condition = row.data["condition"]
        kind = f"{resource.kind}.{resource.version}.{resource.group}"
        yield step_line(
            f"{resource.kind} {resource.name}", f"condition {condition} is True",
            "kubectl", "wait", f"--for=condition={condition}", "--timeout=10s",
            f"{kind}/{resource.name}", *_in(resource.namespace),
        )  # fmt: skip


def _requests(plan: Plan) -> Iterator[str]:
    """Requests of a client, through the gateway."""
    spec = plan.stack.spec
    if spec.gateway.objects.value == "none":
        return
    gateway, space = str(spec.gateway.name.value), str(spec.gateway.namespace.value)
    listener = front(spec.gateway.listeners)
    port = int(listener.port.value)
    host = str(listener.hostname.value or service_host(plan).value).replace("*", "verify", 1)
    get = ("kubectl", "get", "gateway", gateway, *_in(space), "--output")
    address = " ".join(shell_word(w) for w in (*get, "jsonpath={.status.addresses[0].value}"))
    yield f"\naddress=$({address})"
    yield step_line("address of the Gateway", "an address", "test", "-n").rstrip() + ' "$address"'
    yield "options=(--silent --show-error --fail --max-time 60)"
    connect = shell_word(f"{host}:{port}") + f'":$address:{port}"'
    asked_for = rejects(plan)
    if asked_for is not None:
        status = "--output /dev/null --write-out '%{http_code}'"
        yield f'bare=("${{options[@]}}" --no-fail {status} --connect-to {connect})'
    yield '[ -z "${TOKEN:-}" ] || options+=(--header "Authorization: Bearer $TOKEN")'
    yield f"options+=(--connect-to {connect})"
    authority = rendering_of(plan).authority(plan)
    if trusts_own_ca(spec).value and authority is not None:
        key = str(authority.bundle_key.value).replace(".", "\\.")
        read = ("kubectl", "get", "configmap", str(authority.bundle.value), *_in(space))
        words = (*read, "--output", f"jsonpath={{.data.{key}}}")
        yield f"ca=$({' '.join(shell_word(w) for w in words)})"
        yield 'ask() { curl "${options[@]}" --cacert <(printf "%s" "$ca") "$@"; }'
    else:
        yield 'ask() { curl "${options[@]}" "$@"; }'
    if asked_for is not None:
        trust = ' --cacert <(printf "%s" "$ca")' if trusts_own_ca(spec).value else ""
        yield f'without() {{ curl "${{bare[@]}}"{trust} "$@"; }}'
        for model in plan.models:
            yield step_line(
                f"{model.spec.name.value} without credentials", f"status {asked_for}",
                "has", str(asked_for), "without", f"{base_url(spec, model.spec, host)}/v1/models",
            )  # fmt: skip
    for model in plan.models:
        base = base_url(spec, model.spec, host)
        patience = _patience(plan, model)
        served = str(model.served_name.value)
        question = {"model": served, "prompt": "2 + 2 =", "max_tokens": 4}
        asked = ("--header", "Content-Type: application/json", "--data")
        yield step_line(
            f"models of {model.spec.name.value}", f"a list with {served}",
            "has", json.dumps(served), "ask", *patience, f"{base}/v1/models",
        )  # fmt: skip
        yield step_line(
            f"a completion of {model.spec.name.value}", "choices with a text",
            "has", '"choices"', "ask", *patience, f"{base}/v1/completions", *asked,
            json.dumps(question),
        )  # fmt: skip
        streamed = json.dumps({**question, "stream": True})
        yield step_line(
            f"a streamed completion of {model.spec.name.value}", "lines with data, then [DONE]",
            "has", "data: [DONE]", "ask", *patience, f"{base}/v1/completions", *asked, streamed,
        )  # fmt: skip


def _patience(plan: Plan, model: ModelPlan) -> tuple[str, ...]:
    """More time for a model whose first server starts with the request."""
    if model.fewest.value or model.scaling is None:
        return ()
    longest = plan.release.value("autoscaling", "picker_wait_seconds").value
    return ("--max-time", str(longest))


def _metrics(plan: Plan, objects: tuple[Resource, ...]) -> Iterator[str]:
    """Metrics that the alerts read: of a server and the picker of each model, and the gateway."""
    space, release = str(plan.stack.spec.serving.namespace.value), plan.release
    names = release.row.data.get("metrics", {})
    port, scheme = release.serving("port").value, str(release.serving("scheme").value).lower()
    wanted = [str(names[key]) for key in METRICS if key in names]
    for model in plan.models:
        labels = flatten(rendering_of(plan).labels.server(model), _ORIGIN).data
        where = (f"{scheme}:", f":{port}", "/metrics")
        yield from _scraped(f"a server of {model.spec.name.value}", space, labels, where, wanted)
    monitors = {one.name: one for one in objects if one.kind in ("PodMonitoring", "PodMonitor")}
    gateway = monitors.get("gateway")
    if gateway is not None:
        labels, endpoint, number = _scrape(gateway)
        where = (f"{endpoint['scheme']}:", f":{number}", str(endpoint["path"]))
        # Counted since the requests above.
        counted = ["istio_requests_total"]
        yield from _scraped("the gateway", gateway.namespace, labels, where, counted)
    shown = {str(names[key]): text for key, text in PICKER_METRICS.items() if key in names}
    yield from _picked(plan, monitors.get("epp"), shown)


def _scrape(monitor: Resource) -> tuple[Mapping[str, str], Mapping[str, Any], int]:
    """The labels of the Pods, the endpoint and its port."""
    listed = "endpoints" if monitor.kind == "PodMonitoring" else "podMetricsEndpoints"
    endpoint = monitor.get("spec", listed, 0)
    port = endpoint.get("port", endpoint.get("portNumber"))
    return monitor.get("spec", "selector", "matchLabels"), endpoint, int(port)


def _picked(plan: Plan, monitor: Resource | None, wanted: Mapping[str, str]) -> Iterator[str]:
    """The picker of each model. Its metrics need a token: the one that the monitor uses."""
    models = [model for model in plan.models if model.spec.scheduler.value]
    if monitor is None:
        if models:
            yield f"\necho {shell_word(_NO_TOKEN)}"
        return
    _, endpoint, port = _scrape(monitor)
    credentials = endpoint["authorization"]["credentials"]
    secret = str(credentials.get("secret", credentials)["name"])
    # kubectl picks a free port. The token is no argument, and is not printed.
    yield shipped_text(__file__, "scripts/picker.sh").rstrip()
    for model in models:
        labels = flatten(rendering_of(plan).labels.picker(plan, model), _ORIGIN).data
        yield _pod(monitor.namespace, labels)
        read = " ".join(shell_word(word) for word in ("picker", monitor.namespace))
        yield f'metrics=$({read} "$pod" {port} {shell_word(secret)})'
        for metric, shown in wanted.items():
            step = step_line(
                f"metrics of the endpoint picker of {model.spec.name.value}", f"{metric}: {shown}",
                "has", metric, "printf", "%s",
            )  # fmt: skip
            yield f'{step} "$metrics"'


_NO_TOKEN = (
    "metrics of endpoint pickers: not checked. They need a token, and without spec.observe.engine "
    "the stack has none."
)


def _pod(space: str, labels: Mapping[str, str]) -> str:
    """The line that reads the name of a Pod."""
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    listed = ("kubectl", "get", "pods", *_in(space), "--selector", selector)
    words = (*listed, "--output", "jsonpath={.items[0].metadata.name}")
    return f"\npod=$({' '.join(shell_word(w) for w in words)})"


def _scraped(
    what: str, space: str, labels: Mapping[str, str], where: tuple[str, str, str],
    wanted: list[str],
) -> Iterator[str]:  # fmt: skip
    """where: what is before and after the name of a pod in the path of the proxy."""
    before, after, path = where
    yield _pod(space, labels)
    start, end = f"/api/v1/namespaces/{space}/pods/{before}", f"{after}/proxy{path}"
    for metric in wanted:
        step = step_line(f"metrics of {what}", metric, "has", metric, "kubectl", "get", "--raw")
        yield f'{step} {shell_word(start)}"$pod"{shell_word(end)}'
