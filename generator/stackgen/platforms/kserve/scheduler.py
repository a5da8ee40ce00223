"""The endpoint picker (EPP) of a service: Deployment, Service, account and rights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.facts.shape import as_dict, copied, maps
from stackgen.platforms.kserve.accounts import DEFAULT, Accounts, Known, binding
from stackgen.platforms.kserve.credentials import Source
from stackgen.platforms.kserve.extras import scheduler_tracing
from stackgen.platforms.kserve.names import (
    MAIN,
    PORT,
    TOKENIZER_COMPONENT,
    Names,
    child_name,
    common,
    obj,
    scheduler_labels,
)
from stackgen.platforms.kserve.picker_config import (
    at_least,
    config_arguments,
    migrated,
    spares_sidecar,
    with_sidecar,
)
from stackgen.platforms.kserve.pools import has_scheduler
from stackgen.platforms.kserve.presets import tokenized
from stackgen.platforms.kserve.release import Controller
from stackgen.platforms.kserve.storage import TOKENIZER, TOKENIZER_MOUNT, with_model

PORTS = ("grpc", "grpc-health", "metrics", "zmq")
_RBAC = "rbac.authorization.k8s.io"
_LEADER = "--ha-enable-leader-election"
Object = dict[str, Any]


def scheduler(
    controller: Controller, namespace: str, name: str, spec: Object, accounts: Accounts
) -> Iterator[Object]:
    """Everything of the endpoint picker; nothing when the service has none of its own."""
    if not has_scheduler(spec):
        return
    own = as_dict(spec["router"]["scheduler"])
    names, labels = Names(name), scheduler_labels(name)
    template = as_dict(own.get("template"))
    account = str(template.get("serviceAccountName") or names.scheduler_account)
    if account != names.scheduler_account and controller.keeps_accounts:
        accounts.existing(account)
    yield _deployment(controller, namespace, name, spec, accounts)
    yield _service(controller, namespace, name, own, labels)
    if account == names.scheduler_account or not controller.keeps_accounts:
        yield _account(controller, namespace, account, labels, spec, accounts.known)
    yield from _rights(controller, namespace, name, account)
    if tokenized(spec) and "tokenizer" in controller.fields:
        yield from _tokenizer(controller, namespace, name, spec, accounts)


def _deployment(
    controller: Controller, namespace: str, name: str, spec: Object, accounts: Accounts
) -> Object:
    own = as_dict(spec["router"]["scheduler"])
    names, labels = Names(name), scheduler_labels(name)
    pod = copied(as_dict(own.get("template")))
    told, extra = dict(controller.picker_annotations), {}
    later = "scheduler.replicas" in controller.fields
    if later:
        told = {**told, **{k: str(v) for k, v in as_dict(own.get("annotations")).items()}}
        extra = {k: str(v) for k, v in as_dict(own.get("labels")).items()}
    version = told.get("app.kubernetes.io/version", "")
    for container in _main(pod):
        arguments = list(container.get("args") or [])
        replicas = own.get("replicas")
        if later and isinstance(replicas, int) and replicas > 1 and _LEADER not in arguments:
            arguments.append(_LEADER)
        container["args"] = [*arguments, *config_arguments(controller, spec, arguments)]
        if isinstance(spec.get("tracing"), dict):
            scheduler_tracing(spec["tracing"], namespace, name, container)
    if later and any(c.get("name") == TOKENIZER for _, c in maps(pod.get("containers"))):
        pod = _with_sidecar(controller, name, spec, pod, version, accounts)
    if later:
        address = _tokenizer_address(controller, namespace, name)
        for container in _main(pod):
            migrated(controller, container, spec, version, address)
    # The labels of a Pod are the same object as the selector's: what is added is in both.
    bears = {**labels, **extra}
    body: Object = {
        "selector": {"matchLabels": bears},
        "template": {"metadata": {"labels": bears, "annotations": told}, "spec": pod},
    }
    if later:
        count = {} if own.get("replicas") is None else {"replicas": own["replicas"]}
        body = {**count, "strategy": {"type": "Recreate"}, **body}
    return obj("apps/v1", "Deployment", namespace, names.scheduler, bears, {"spec": body})


def _main(pod: Object) -> list[Object]:
    """The picker's own container; none where the user's template has lost it."""
    return [c for _, c in maps(pod.get("containers")) if c.get("name") == MAIN][:1]


def _with_sidecar(
    controller: Controller,
    name: str,
    spec: Object,
    pod: Object,
    version: str,
    accounts: Accounts,
) -> Object:
    """The Pod with the model's tokenizer for the sidecar; later pickers without a use lose it."""
    source = _source(controller, name, spec, accounts)
    made = with_model(
        controller, spec, pod, source, container=TOKENIZER, path=TOKENIZER_MOUNT, lora=False
    )
    for main in _main(made):
        with_sidecar(main)
    if at_least(version, 0, 9) and any(map(spares_sidecar, _main(made))):
        made["containers"] = [c for c in made["containers"] if c.get("name") != TOKENIZER]
    return made


def _source(controller: Controller, name: str, spec: Object, accounts: Accounts) -> Source:
    """The credentials of the picker's account, with which tokenizers are downloaded."""
    template = as_dict(spec["router"]["scheduler"].get("template"))
    account = str(template.get("serviceAccountName") or Names(name).scheduler_account)
    found = accounts.known(accounts.namespace, account)
    if found is None:
        found = _account(controller, accounts.namespace, account, {}, spec, accounts.known)
    return accounts.credentials(found)


def _service(
    controller: Controller, namespace: str, name: str, own: Object, labels: dict[str, str]
) -> Object:
    found = {
        port["name"]: port
        for _, container in maps(as_dict(own.get("template")).get("containers"))
        for _, port in maps(container.get("ports"))
        if port.get("name") in PORTS and "containerPort" in port
    }
    ports = [
        {
            "name": key,
            "port": port["containerPort"],
            "targetPort": key,
            **({"protocol": port["protocol"]} if "protocol" in port else {}),
        }
        for key, port in sorted(found.items())
    ]
    spec = {"selector": labels, "ports": ports}
    return obj(
        "v1", "Service", namespace, picker_service(controller, own, name), labels, {"spec": spec}
    )


def picker_service(controller: Controller, scheduler: Object, name: str) -> str:
    """The Service of the endpoint picker: what the pool's own spec names, else the usual one."""
    spec = as_dict(as_dict(scheduler.get("pool")).get("spec"))
    told = as_dict(spec.get("endpointPickerRef")).get("name")
    named = str(told or "") if controller.pool_names_picker else ""
    return named or Names(name).scheduler_service


def _account(
    controller: Controller, namespace: str, account: str, labels: dict[str, str], spec: Object,
    known: Known,
) -> Object:  # fmt: skip
    """The picker's account; in later releases with the Secrets of the servers' account."""
    body, told = {}, {}
    if controller.keeps_accounts:
        named = as_dict(spec.get("template")).get("serviceAccountName")
        model = known(namespace, str(named or DEFAULT)) or {}
        body = {key: model[key] for key in ("secrets", "imagePullSecrets") if model.get(key)}
        if named:
            told = as_dict(as_dict(model.get("metadata")).get("annotations"))
    made = obj("v1", "ServiceAccount", namespace, account, labels, body)
    if told:
        made["metadata"]["annotations"] = dict(told)
    return made


def _rights(controller: Controller, namespace: str, name: str, account: str) -> Iterator[Object]:
    names, labels = Names(name), scheduler_labels(name)
    role = names.child("-epp-role")
    rules = {"rules": [dict(rule) for rule in controller.picker_rules]}
    yield obj(f"{_RBAC}/v1", "Role", namespace, role, labels, rules)
    yield binding(namespace, names.child("-epp-rb"), labels, role, account)
    ref = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "system:auth-delegator"}
    cluster_wide = child_name(namespace or "default", f"-{name}-epp-auth-rb")
    subject = {"kind": "ServiceAccount", "name": account}
    if namespace:
        subject["namespace"] = namespace
    body = {"roleRef": ref, "subjects": [subject]}
    yield obj(f"{_RBAC}/v1", "ClusterRoleBinding", "", cluster_wide, labels, body)


def _tokenizer_address(controller: Controller, namespace: str, name: str) -> str:
    host = f"{Names(name).tokenizer}.{namespace or 'default'}.svc.cluster.local"
    return f"{controller.scheme.lower()}://{host}:{PORT}"


def _tokenizer(
    controller: Controller, namespace: str, name: str, spec: Object, accounts: Accounts
) -> Iterator[Object]:
    """The server that turns prompts into tokens for the picker."""
    labels, called = common(name, TOKENIZER_COMPONENT), Names(name).tokenizer
    own = as_dict(as_dict(spec["router"]["scheduler"]).get("tokenizer"))
    template = as_dict(own.get("template"))
    source = _source(controller, name, spec, accounts)
    pod = with_model(controller, spec, template, source, path=TOKENIZER_MOUNT, lora=False)
    made = {"metadata": {"labels": labels}, "spec": pod}
    body = {"replicas": 1, "selector": {"matchLabels": labels}, "template": made}
    yield obj("apps/v1", "Deployment", namespace, called, labels, {"spec": body})
    port = {"name": "render-http", "port": PORT, "targetPort": "render-http", "protocol": "TCP"}
    service = {"selector": labels, "ports": [port]}
    yield obj("v1", "Service", namespace, called, labels, {"spec": service})
