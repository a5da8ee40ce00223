"""Several hosts without a way to talk to them."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import view
from stackgen.facts.workloads import Container
from stackgen.findings.model import Place, Violations, violation

NAME = "TPU_MULTIHOST_BACKEND"


def check(context: Context) -> Violations:
    """One finding for each multi-host server without the backend."""
    seen = view(context)
    for workload in seen.tpu_servers:
        server, hosts = workload.server, seen.target(workload).hosts or 1
        if server is None or hosts == 1 or not workload.grouped or not workload.whole:
            continue
        if not server.line.vllm or server.data.get("envFrom") or NAME in _script(server):
            continue
        # Data parallel servers are one engine a host; they need no backend across hosts.
        split, local = split_of(workload), workload.chips
        if split.tensor is None or split.pipeline is None or local is None:
            continue
        if split.tensor * split.pipeline <= local:
            continue
        if NAME in server.env and server.variable(NAME) in (None, "ray"):
            continue
        said = f"is {server.variable(NAME)!r}" if NAME in server.env else "is not set"
        path = server.env.get(NAME)
        yield violation(
            f"{workload.display_name} spreads a model over {hosts} hosts, and {NAME} {said}",
            Place(workload.resource, (*path, "value") if path else (*server.path, "env")),
        )


def _script(server: Container) -> str:
    return f"{server.data.get('command')} {server.data.get('args')}"
