"""A monitor, or an annotation for Prometheus, for a path at which an engine has no metrics."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs, pod_runs
from stackgen.checks.serving.monitors import Target, targets
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation

# By engine, its port unless an option sets another one. All have their metrics at one path.
_PORTS = {"vllm": 8000, "vllm-tpu": 8000, "sglang": 30000}
_PATH = "/metrics"
# Options that put other paths in front, or start no HTTP server.
_OTHERS = ("root-path", "headless", "uds", "fastapi-root-path", "grpc-mode")
_ANNOTATIONS = ("prometheus.io/path", "prometheus.io/port", "prometheus.io/scrape")


def check(context: Context) -> Violations:
    """One finding for each endpoint of engines that are all known, and for each Pod template."""
    runs: dict[int, list[EngineRun]] = {}
    for run in engine_runs(context):
        runs.setdefault(id(run.resource), []).append(run)
    for target in targets(context):
        path = text(target.endpoint.get("path"))
        if not path or path == _PATH or not plain(path):
            continue
        own = [runs.get(id(pods.owner.resource), []) for pods in target.pods]
        if own and all(len(one) == 1 and _scraped(one[0], target) for one in own):
            yield violation(
                f"{own[0][0].running.engine.shown} has its metrics at {_PATH}, not at {path}",
                Place(target.resource, (*target.path, "path")),
            )
    yield from _annotations(context)


def _port(run: EngineRun) -> int | None:
    """The port of an engine with metrics; None if it is not known."""
    engine = run.running.engine.name
    if engine not in _PORTS or any(option in run.line.flags for option in _OTHERS):
        return None
    return run.line.number("port", _PORTS[engine])


def _scraped(run: EngineRun, target: Target) -> bool:
    """Whether the endpoint is the port of the engine."""
    port: object = target.port
    if isinstance(port, str):
        ports = (p for _, p in maps(run.container.get("ports")) if p.get("name") == port)
        port = next(ports, {}).get("containerPort")
    return port is not None and port == _port(run)


def _annotations(context: Context) -> Violations:
    """The same in the annotations of Pods with one container, and their port."""
    for pod, _, run in pod_runs(context):
        path_of, port_of, scrape = _ANNOTATIONS
        metadata = (*pod.path[:-1], "metadata", "annotations")
        notes = as_dict(pod.resource.get(*metadata))
        port = _port(run)
        alone = len(list(maps(at(pod.spec, "containers")))) == 1
        if not alone or port is None or text(notes.get(scrape)) != "true":
            continue
        declared = {p.get("containerPort") for _, p in maps(run.container.get("ports"))} | {port}
        path, given = text(notes.get(path_of)), text(notes.get(port_of))
        shown = run.running.engine.shown
        if given.isdecimal() and int(given) not in declared:
            yield violation(
                f"{port_of} is {given}, and {shown} listens on {port}",
                Place(pod.resource, (*metadata, port_of)),
            )
        elif path and path != _PATH and plain(path) and given in ("", str(port)):
            yield violation(
                f"{shown} has its metrics at {_PATH}, not at {path}",
                Place(pod.resource, (*metadata, path_of)),
            )
