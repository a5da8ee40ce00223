"""The Pods of a model server, whichever object of a platform makes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.origin import Because, Traced, When, all_of, any_of, given_or, is_set, literal
from stackgen.plan.model import ModelPlan, Plan
from stackgen.plan.model_cache import SERVERS
from stackgen.plan.pod_template import named, optional_flags, usual
from stackgen.record import record
from stackgen.render import groups
from stackgen.render.devices import PodDevices, pod_devices, shared_memory
from stackgen.render.gateway_class import istio, scheme
from stackgen.render.transfer import transfer_variables

FOLDER = "4-serving"


@record
class Lifetime:
    """How a server starts and ends.

    startup, liveness, readiness: the path that a probe asks for, as `path`, and the probe's other
    fields; how often the startup probe asks follows from the plan. grace: seconds between the
    deletion of the Pod and its end. pre_stop: how many of them pass before the server gets SIGTERM,
    while the gateway stops sending it requests; None for none. worker_pre_stop: the same for the
    further hosts of a group, which the leader needs until it has answered.
    """

    startup: dict[str, Any]
    liveness: dict[str, Any]
    readiness: dict[str, Any]
    grace: int | Traced[int]
    pre_stop: Traced[int] | None = None
    worker_pre_stop: Traced[int] | None = None


PATIENT = Lifetime(
    startup={"path": "/health", "timeoutSeconds": 5},
    liveness={"path": "/health", "periodSeconds": 30, "timeoutSeconds": 30, "failureThreshold": 5},
    readiness={
        "path": "/v1/models", "periodSeconds": 10, "timeoutSeconds": 10, "failureThreshold": 3,
    },
    grace=120,
)  # fmt: skip


@record
class Extra:
    """What a platform adds to each Pod of a server: variables, flags, volumes, and their mounts.

    user: the number of the user that it runs as, for an image that names none. read_only: the root
    file system is; the volumes have all that such a user can write.
    """

    env: tuple[Any, ...] = ()
    flags: tuple[Any, ...] = ()
    volumes: tuple[Any, ...] = ()
    mounts: tuple[Any, ...] = ()
    user: Traced[int] | None = None
    read_only: bool = False


NOTHING = Extra()


def server_pod(
    plan: Plan, model: ModelPlan, life: Lifetime = PATIENT, extra: Extra = NOTHING
) -> dict[str, Any]:
    """The spec of the Pod that answers requests: the server, or the leader of a group."""
    why = "the gateway hears that the Pod goes before the server does"
    more = {**_probes(plan, model, life), **_wait(model, life.pre_stop, why)}
    return _pod(plan, model, _start(plan, model, extra), more, life, extra)


def worker_pod(
    plan: Plan, model: ModelPlan, life: Lifetime = PATIENT, extra: Extra = NOTHING
) -> dict[str, Any]:
    """The spec of the further Pods of a group. They answer no requests, so nothing probes them."""
    why = "the leader computes on this host until it has answered"
    more = _wait(model, life.worker_pre_stop, why)
    return _pod(plan, model, groups.worker_start(model), more, life, extra)


def _wait(model: ModelPlan, seconds: Traced[int] | None, why: str) -> dict[str, Any]:
    if seconds is None:
        return {}
    sleep = {"sleep": {"seconds": seconds}}
    ends = Because({"preStop": sleep}, "serving/pre-stop", why)
    return {"lifecycle": When(usual(model.spec), ends)}


def _pod(
    plan: Plan, model: ModelPlan, start: dict[str, Any], more: dict[str, Any], life: Lifetime,
    extra: Extra,
) -> dict[str, Any]:  # fmt: skip
    """A Pod of the server; `start` is what its container runs. more: fields of the container."""
    pull = plan.stack.spec.serving.imagePullSecret
    devices = pod_devices(plan, model)
    volumes, mounts = _mounted(plan, model, extra)
    account, mine = model.spec.names.serviceAccount, usual(model.spec)
    return {
        "serviceAccountName": When(any_of(mine, is_set(account)), given_or(
            account, literal(SERVERS, "serving/service-account", "one for all model servers"),
        )),
        "automountServiceAccountToken": When(mine, False),
        "imagePullSecrets": When(is_set(pull), [{"name": pull}]),
        "nodeSelector": model.spec.nodePool.map(
            "serving/placement", devices.placement, lambda _: devices.labels
        ),
        "tolerations": When(mine, Because(
            [{"key": devices.resource, "operator": "Equal", "value": "present",
              "effect": "NoSchedule"}, *devices.tolerated],
            "serving/toleration", devices.taint,
        )),
        "terminationGracePeriodSeconds": When(mine, Because(
            life.grace, "serving/drain", "running answers may finish before the server stops"
        )),
        "containers": [{**_container(plan, model, devices, start, extra), **more, **mounts}],
        **volumes,
    }  # fmt: skip


def _mounted(plan: Plan, model: ModelPlan, extra: Extra) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields for Pod and container: shared memory, and what the platform mounts."""
    shared = shared_memory(plan, model)
    if shared is None and not extra.volumes:
        return {}, {}
    rule, why = "serving/shared-memory", "what Kubernetes or KServe mounts there is smaller"
    volumes, mounts, larger = shared or ([], [], None)
    if larger is not None and not extra.volumes:
        return (
            {"volumes": When(larger, Because(volumes, rule, why))},
            {"volumeMounts": When(larger, Because(mounts, rule, why))},
        )
    if larger is not None:
        volumes = [When(larger, Because(one, rule, why)) for one in volumes]
        mounts = [When(larger, Because(one, rule, why)) for one in mounts]
    return (
        _some("volumes", [*volumes, *extra.volumes]),
        _some("volumeMounts", [*mounts, *extra.mounts]),
    )


def _some(field: str, items: list[Any]) -> dict[str, Any]:
    """The field with the items, where there are any."""
    conditions = [item.condition for item in items if isinstance(item, When)]
    if len(conditions) < len(items):
        return {field: items}
    return {field: When(any_of(*conditions), items)} if items else {}


def _start(plan: Plan, model: ModelPlan, extra: Extra) -> dict[str, Any]:
    """What starts vLLM; of a group on its leader."""
    release, devices = plan.release, model.server.devices
    start = release.value("images", devices.kind, "entrypoint")
    words = start if model.group is None else groups.leader_command(model, start)
    needed = release.quirk("args-need-command")
    address: list[Any] = list(model.address)
    if model.by_preset is not None:
        own = model.by_preset.map("own start", "no preset starts it", lambda by: not by)
        needed, address = all_of(needed, own), [When(own, flag) for flag in address]
    command = When(needed, devices.hosts.map(
        "serving/command", "starts vLLM directly", lambda _: words
    ))  # fmt: skip
    flags = [_spoken(plan, model, flag) for flag in model.flags]
    return {"command": command, "args": [*address, *flags, *extra.flags]}


def _container(
    plan: Plan, model: ModelPlan, devices: PodDevices, start: dict[str, Any], extra: Extra
) -> dict[str, Any]:
    more = (*_of_features(model), *extra.env, *transfer_variables(model))
    asked, mine = model.spec.resources, usual(model.spec)
    env = _environment(devices.env, more)
    if isinstance(env, list):
        env = _some("env", env).get("env")
    return {
        "name": plan.release.serving("container"),
        "image": model.image,
        **start,
        **({"env": env} if env is not None else {}),
        "resources": {
            "requests": {
                "cpu": When(any_of(mine, is_set(asked.cpu)), model.cpu),
                "memory": When(any_of(mine, is_set(asked.memory)), model.memory),
                "ephemeral-storage": When(mine, model.ephemeral_storage),
                devices.resource: devices.count,
            },
            "limits": {"memory": When(mine, model.memory), devices.resource: devices.count},
        },
        "securityContext": When(mine, Because(
            {
                "allowPrivilegeEscalation": False,
                "runAsNonRoot": True,
                **_own_user(extra),
                "capabilities": {"drop": ["ALL"], "add": _added(plan, model)},
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "serving/hardening", devices.access,
        )),
    }  # fmt: skip


def _own_user(extra: Extra) -> dict[str, Any]:
    if extra.user is None:
        return {}
    root = {"readOnlyRootFilesystem": True} if extra.read_only else {}
    return {"runAsUser": extra.user, **root}


def _of_features(model: ModelPlan) -> Iterator[Because]:
    """Variables of the engine, by name; of two features that set one, the first."""
    why = "the engine needs it for what the spec asks of it"
    for name, value in dict(reversed(model.server.variables)).items():
        yield Because({"name": name, "value": value}, "serving/engine-variable", why)


def _environment(
    of_devices: When | list[Any] | None, more: tuple[Any, ...]
) -> When | list[Any] | None:
    if not more:
        return of_devices
    if isinstance(of_devices, When):
        mine = [When(of_devices.condition, variable) for variable in of_devices.tree]
        return [*mine, *more]
    return [*(of_devices or ()), *more]


def _added(plan: Plan, model: ModelPlan) -> When:
    """A list replaces that of a preset; an empty one does not."""
    return When(
        all_of(groups.several(model), plan.release.quirk("group-capabilities")),
        Because(["NET_BIND_SERVICE"], "serving/capabilities", "the namespace allows it"),
    )


def _spoken(plan: Plan, model: ModelPlan, flag: Traced[str]) -> Any:
    """A flag, where it is needed: without Istio no client uses TLS to the servers."""
    if flag.value.startswith("--ssl-"):
        return When(istio(plan), flag)
    by_default = flag.origin.kind != "spec" and named(flag.value) in optional_flags(plan.release)
    return When(usual(model.spec), flag) if by_default else flag


_TIMES = ("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold")


def _probes(plan: Plan, model: ModelPlan, life: Lifetime) -> dict[str, Any]:
    visible = all_of(plan.release.quirk("probe-scheme"), usual(model.spec))

    def probe(fields: dict[str, Any]) -> dict[str, Any]:
        get = {"path": fields["path"], "port": model.port, "scheme": scheme(plan)}
        return {"httpGet": get, **{key: fields[key] for key in _TIMES if key in fields}}

    budget = {"periodSeconds": model.startup.period, "failureThreshold": model.startup.failures}
    return {
        "startupProbe": When(visible, Because(
            probe({**life.startup, **budget}),
            "serving/startup-probe", "holds the other probes back until vLLM has compiled",
        )),
        "livenessProbe": When(visible, Because(
            probe(life.liveness), "serving/liveness-probe", "restarts a server that hangs",
        )),
        "readinessProbe": When(visible, Because(
            probe(life.readiness),
            "serving/readiness-probe", "no traffic before the model answers",
        )),
    }  # fmt: skip
