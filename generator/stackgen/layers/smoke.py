"""Layer 7-smoke-test: a Job that asks every model, through the gateway, what a client would ask."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from stackgen.origin import Traced, When, computed
from stackgen.plan.access import by_ai_route, refusal
from stackgen.plan.listeners import encrypted, front, route_path, service_host, trusts_own_ca
from stackgen.plan.model import ModelPlan, Plan
from stackgen.platforms.registry import rendering_of
from stackgen.render.objects import Rendered, Scope, obj, replaced
from stackgen.render.pool_route import called

FOLDER = "7-smoke-test"
NAME = "smoke-test"
CA_FOLDER = "/etc/gateway-ca"
USUAL_SECONDS = 60  # of a request to a server that runs
LABELS = {"app.kubernetes.io/name": NAME}


def layer(plan: Plan) -> Iterator[Rendered]:
    """The Job; it runs once per change of its content and cleans up after a day."""
    authority, trust = rendering_of(plan).authority(plan), trusts_own_ca(plan.stack.spec)
    volume = [{"name": "ca", "configMap": {"name": authority.bundle}}] if authority else []
    container = {
        "name": "ask",
        "image": plan.release.value("smoke_test_image"),
        "command": ["/bin/bash", "-ceu", _script(plan)],
        "resources": {
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"memory": "64Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": When(
            trusts_own_ca(plan.stack.spec),
            [{"name": "ca", "mountPath": CA_FOLDER, "readOnly": True}],
        ),
    }
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": When(trust, volume),
    }
    spec = {
        "backoffLimit": 3,
        "ttlSecondsAfterFinished": 86400,
        "template": {"metadata": {"labels": LABELS}, "spec": pod},
    }
    yield obj(
        Scope(plan, FOLDER, plan.stack.spec.serving.namespace), "batch/v1", "Job", NAME,
        {"spec": spec}, when=plan.stack.spec.observe.smokeTest, rule="observe/smoke-test",
        why="shows that requests reach every model", annotations=replaced(plan),
    )  # fmt: skip


def _script(plan: Plan) -> Traced[str]:
    spec = plan.stack.spec
    listeners, who = spec.gateway.listeners, spec.gateway.authentication
    tokens = bool(who.jwt or who.apiKeys)
    listener, trust = front(listeners), trusts_own_ca(spec)
    service = service_host(plan)
    authority = rendering_of(plan).authority(plan)
    key = [authority.bundle_key] if trust.value and authority is not None else []
    models = [
        [
            route_path(spec, m.spec),
            *([[], [], []] if tokens else [
                [_patience(m)], [m.served_name, *called(m)], [one.name for one in m.spec.adapters],
            ]),
        ]
        for m in plan.models
    ]  # fmt: skip
    return computed(
        "script", "a list of models, and a request for each name", partial(_commands, tokens),
        encrypted(listener), listener.hostname, listener.port, service,
        models, key, trust, refusal(spec), by_ai_route(spec), [one.protocol for one in listeners],
    )  # fmt: skip


def _patience(model: ModelPlan) -> Traced[int]:
    """Seconds for the first request, which starts a server where none runs; 0 where one does."""
    if model.fewest.value:
        return model.fewest.map("seconds", "a server runs", lambda _: 0)
    return computed(
        "seconds", "the first request starts a server where none runs",
        lambda period, failures, _: period * failures,
        model.startup.period, model.startup.failures, model.fewest,
    )  # fmt: skip


def _commands(
    tokens: bool, tls: bool, hostname: str | None, port: int, service: str,
    models: Sequence[Sequence[Any]], ca_key: Sequence[str], _trust: bool, refusal: int,
    one_address: bool, *_: object,
) -> str:  # fmt: skip
    """One line for each request. tokens: the gateway asks for one, which the Job does not have."""
    asking = "--output /dev/null --write-out '%{http_code}'" if tokens else "--fail"
    options = "".join(f" --cacert {CA_FOLDER}/{key}" for key in ca_key)
    host = service
    if hostname is not None:
        # Asked as clients do, by the listener's name, and straight at the gateway.
        host = hostname.replace("*", NAME, 1)
        options += f" --connect-to {host}:{port}:{service}:{port}"

    def curl(seconds: int = USUAL_SECONDS) -> str:
        return f"curl {asking} --silent --show-error --max-time {seconds}{options}"

    lines = []
    for below, patience, served, adapters in models:
        path = f"{'https' if tls else 'http'}://{host}:{port}"
        path += "" if one_address else below.rstrip("/")
        ask = curl()
        # A gateway may give up before a slow start ends: it is asked again until then.
        lines += [
            f"{curl(seconds)} --retry 1000 --retry-delay 15 --retry-all-errors "
            f"--retry-max-time {seconds} {_question(path, served[0])}"
            for seconds in patience
            if seconds
        ]
        if tokens:
            # All that it can show is that the gateway asks for a token.
            lines.append(f'test "$({ask} {path}/v1/models)" = {refusal}')
            continue
        if adapters:
            # Aliases are not in the list: the endpoint picker replaces them, no server knows them.
            lines.append(f'listed="$({ask} {path}/v1/models)"')
            lines += [f"""[[ $listed == *'"id":"{name}"'* ]]""" for name in adapters]
        else:
            lines.append(f"{ask} {path}/v1/models")
        lines += [f"{ask} {_question(path, name)}" for name in dict.fromkeys(served)]
    return "\n".join(lines) + "\n"


def _question(path: str, called: str) -> str:
    question = {"model": called, "prompt": "2 + 2 =", "max_tokens": 4}
    return (
        f"{path}/v1/completions -H 'Content-Type: application/json' "
        f"-d {shlex.quote(json.dumps(question))}"
    )
