"""A probe, or a health check of Google Cloud, for a path that the engine does not serve."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import chain
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs, program_runs
from stackgen.checks.serving.ingress.gke_check_port import health_checks
from stackgen.facts.shape import as_dict, maps, matches, number, plain, text
from stackgen.findings.model import Violations, violation
from stackgen.spelling import did_you_mean

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
# By engine: what a GET gets an answer from, in any version.
_PATHS = {
    "vllm": (
        "/health", "/ping", "/load", "/version", "/v1/models", "/metrics", "/docs", "/redoc",
        "/openapi.json", "/server_info", "/is_sleeping", "/is_scaling_elastic_ep", "/is_paused",
    ),
    "sglang": (
        "/health", "/health_generate", "/ping", "/v1/models", "/metrics", "/docs", "/redoc",
        "/openapi.json", "/get_model_info", "/model_info", "/get_server_info", "/server_info",
        "/get_load", "/v1/loads", "/get_weight_version", "/weight_version",
    ),
}  # fmt: skip
_PATHS["vllm-tpu"] = _PATHS["vllm"]
_OF_ROUTERS = ("", "/health", "/ping", "/info", "/metrics", "/docs", "/api-doc/openapi.json")
_PATHS["tei"] = _OF_ROUTERS
_PATHS["tgi"] = (
    *_OF_ROUTERS, "/v1/models", "/chat_tokenize", "/v2", "/v2/health/ready", "/v2/health/live",
)  # fmt: skip
_PATHS["ollama"] = ("", "/api/version", "/api/tags", "/api/ps", "/v1/models", "/api/status")
# The images of the last three set their port.
_PORTS = {
    "vllm": 8000, "vllm-tpu": 8000, "sglang": 30000, "tei": 80, "tgi": 80, "ollama": 11434,
}  # fmt: skip
_MODEL = "/v1/models/"  # followed by a name
# Variables that give a health path of the user's, or another address.
_MOVED = ("AIP_HEALTH_ROUTE", "OLLAMA_HOST")
# Options that put other paths in front, or start no HTTP server.
_OTHERS = ("root-path", "headless", "uds", "fastapi-root-path", "grpc-mode")


def check(context: Context) -> Violations:
    """One finding for each probe of the server's own port."""
    for run in (*engine_runs(context), *program_runs(context)):
        engine = run.running.engine.name
        if engine not in _PATHS:
            continue
        if any(option in run.line.flags for option in _OTHERS) or _moved(run):
            continue
        port = run.line.number("port", _PORTS[engine])
        for name in _PROBES:
            get = as_dict(as_dict(run.container.get(name)).get("httpGet"))
            path = text(get.get("path")).split("?")[0] or "/"
            if not get or port is None or _number(run, get.get("port")) != port:
                continue
            if path.startswith(_MODEL) and not run.running.engine.abbreviates:
                continue
            if plain(path) and path.rstrip("/") not in _PATHS[engine]:
                yield violation(
                    f"{run.running.engine.shown} has no {path}"
                    f"{did_you_mean(path, _PATHS[engine])} ({name})",
                    run.place(name, "httpGet", "path" if "path" in get else "port"),
                )
    yield from _health_checks(context)


def _moved(run: EngineRun) -> bool:
    """Whether a program of Rust or Go may have another port, or a path of the user's."""
    engine = run.running.engine
    if engine.abbreviates:
        return False
    names = {name for _, name, _ in run.variables()}
    host = next((v or "" for _, n, v in run.variables() if n == "OLLAMA_HOST"), "")
    moved = names & set(_MOVED) and not (host and ":" not in host)
    hidden = "PORT" in names and "port" not in run.line.flags
    return bool(moved or hidden or run.open_env or "grpc" in run.image)


def _health_checks(context: Context) -> Violations:
    """The same for health checks of load balancers, if each Pod behind them runs the engine."""
    runs: dict[int, list[EngineRun]] = {}
    for run in engine_runs(context):
        runs.setdefault(id(run.resource), []).append(run)
    for policy, pods, at in health_checks(chain(context)):
        own = [runs.get(id(one.owner.resource), []) for one in pods]
        if not own or any(len(one) != 1 for one in own):
            continue
        for base, check in matches(policy.data, at):
            given = as_dict(check).get("requestPath")
            path = text(given).split("?")[0]
            wanted = number(as_dict(check).get("port"))
            if plain(path) and path.strip("/") and all(_lacks(one[0], path, wanted) for one in own):
                engine = own[0][0].running.engine
                yield violation(
                    f"{engine.shown} has no {path}{did_you_mean(path, _PATHS[engine.name])}",
                    policy.place(*base, "requestPath"),
                    impact="The load balancer sends no requests to the Pods: status 503.",
                    remedy="Set `requestPath: /health`.",
                )


def _lacks(run: EngineRun, path: str, wanted: int | None) -> bool:
    """Whether an engine answers on the port of a check, and not on its path."""
    engine = run.running.engine.name
    if engine not in _PATHS or any(option in run.line.flags for option in _OTHERS):
        return False
    port = run.line.number("port", _PORTS[engine])
    known = path.rstrip("/") in _PATHS[engine]
    return not known and port is not None and wanted in (None, port)


def _number(run: EngineRun, port: object) -> object:
    """The number of a port that has a name."""
    named = (p for _, p in maps(run.container.get("ports")) if p.get("name") == port)
    return next(named, {}).get("containerPort") if isinstance(port, str) else port
