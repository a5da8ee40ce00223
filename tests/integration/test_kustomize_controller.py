"""The real kustomize-controller goes the way that the simulation of the rollout goes.

Controllers of the objects do not run: `controllers.py` reports what they would. Webhooks are off,
because no pod serves them.
"""

from __future__ import annotations

import copy
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tools.verdicts.server import Server

from stackgen.bootstrap.files import files as bootstrap_files
from stackgen.compiler import Compiled
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.net.profile import profile_of
from stackgen.rollout.model import Key, Rollout
from stackgen.rollout.rollout import known_of, rollouts
from tests.integration import charts, cluster, flux, sources
from tests.integration.controllers import DELAY, Controllers, every
from tests.integration.flux import Flux, Seen
from tests.integration.programs import program
from tests.integration.rendered import Object, Stack, plain, write
from tests.stacks import build_data

LIMIT = 400  # seconds for a whole rollout; each wait of Flux costs 5
CLUSTER_OF_ITS_OWN = (
    "cert-manager.io", "external-secrets.io", "trust.cert-manager.io", "sailoperator.io",
    "operator.openshift.io", "config.openshift.io", "serving.kserve.io", "security.istio.io",
    "networking.istio.io", "inference.networking.k8s.io", "inference.networking.x-k8s.io",
)  # fmt: skip
WEBHOOKS_OFF = "--disable-admission-plugins=ValidatingAdmissionWebhook,MutatingAdmissionWebhook"
DENY = "default-deny-all"
# The order of an earlier release, in which a second model never became ready.
MODEL = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "LLMInferenceService"}
READY = "status.conditions.exists(e, e.type == 'Ready' && e.status == 'True')"
POLICIES_LAST = {
    "kserve": {"dependsOn": [{"name": "llmd-istio-tpu-operands"}]},
    "3-gateway": {"dependsOn": [{"name": "llmd-istio-tpu-pki"}]},
    "4-serving": {
        "dependsOn": [{"name": "llmd-istio-tpu-kserve"}],
        "healthCheckExprs": [
            {**MODEL, "inProgress": "!has(status.conditions)", "current": READY},
        ],
    },
    "5-network": {"dependsOn": [{"name": "llmd-istio-tpu-4-serving"}]},
}
WAITING = ("DependencyNotReady", "HealthCheckCanceled", "")


@dataclass
class World:
    """A cluster with Flux and with what stands for the other controllers."""

    server: Server
    flux: Flux
    controllers: Controllers
    folder: Path
    revisions: int = 0

    def push(self, compiled: Compiled) -> str:
        """Commit a stack; the revision."""
        self.revisions += 1
        stack = write("pushed", compiled, self.folder / f"commit-{self.revisions}")
        revision = f"main@sha1:{self.revisions:040x}"
        assert compiled.stack is not None
        self.flux.serve(compiled.stack.metadata.name.value, revision, stack.root)
        return revision

    def bootstrap(self, compiled: Compiled) -> None:
        """What a person applies once, as `stackgen bootstrap` writes it.

        Not the objects of Config Connector's operator: their definitions come with the add-on of
        GKE, and nothing that runs here reads them.
        """
        assert compiled.plan is not None and compiled.bundle is not None
        made = bootstrap_files(compiled.plan, compiled.bundle)
        for name, text in sorted(made.items()):
            if not name.endswith(".yaml") or name.endswith("/kustomization.yaml"):
                continue
            if not name.startswith("config-connector/"):
                for document in parse(text, name):
                    assert cluster.known(self.server, plain(document.data))
                    assert cluster.apply(self.server, plain(document.data)) == ""

    def wait(self, done: Callable[[dict[str, Seen]], bool], seconds: float = LIMIT) -> None:
        """Until `done`, or fail with what Kustomizations say."""
        last = time.monotonic() + seconds
        while not done(now := self.flux.now()):
            said = "\n".join(
                f"{s.name}: {s.ready} {s.reason} {s.message[:200]}"
                for s in now.values()
                if s.ready != "True"
            )
            assert time.monotonic() < last, said
            assert self.controllers.errors == []
            assert failures(self.flux.seen) == [], said
            time.sleep(0.5)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    program("kustomize-controller")
    if sources.found("kserve") is None or sources.found("charts") is None:
        pytest.skip("the sources `kserve` and `charts` cannot be had")
    with (
        cluster.running(WEBHOOKS_OFF) as server,
        flux.running(server, tmp_path, "--feature-gates=CancelHealthCheckOnNewRevision=true") as on,
    ):
        controllers = Controllers(Server(server.port), {})
        thread = threading.Thread(target=controllers.run, daemon=True)
        thread.start()
        try:
            yield World(server, on, controllers, tmp_path)
        finally:
            controllers.stop()
            thread.join(30)


def _prepared(world: World, compiled: Compiled) -> Stack:
    """A cluster as GKE gives it, with Flux, and the sources of others at their commits."""
    stack = write("first", compiled, world.folder / "first")
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": flux.NAMESPACE}}
    assert cluster.apply(world.server, space) == ""
    for data in stack.files.values():
        group = data["apiVersion"].rpartition("/")[0]
        if group not in CLUSTER_OF_ITS_OWN and not cluster.known(world.server, data):
            pytest.skip(f"no definition of {data['kind']} can be had here")
    world.controllers.brings = {i.name: charts.brought(i) for i in charts.installs(stack)}
    for data in stack.files.values():
        if data["kind"] == "GitRepository" and "commit" in data["spec"].get("ref", {}):
            _serve_source(world, data)
    return stack


def _serve_source(world: World, data: Object) -> None:
    name, commit = data["metadata"]["name"], data["spec"]["ref"]["commit"]
    found = sources.found(sources.key_of(data["spec"]["url"]))
    if found is None:
        pytest.skip(f"the source {name} cannot be had")
    copied = world.folder / f"source-{name}"
    (copied / "config").mkdir(parents=True)
    if (found / "config").is_dir():  # all that a Kustomization of the stack reads
        shutil.copytree(found / "config", copied / "config", dirs_exist_ok=True)
    world.flux.serve(name, f"sha1:{commit}", copied)


def _all_ready(names: set[str], revision: str) -> Callable[[dict[str, Seen]], bool]:
    def done(now: dict[str, Seen]) -> bool:
        return all(
            name in now and now[name].ready == "True" and now[name].revision == revision
            for name in names
        )

    return done


def _simulated(compiled: Compiled, old: tuple[Resource, ...] = ()) -> Rollout:
    assert compiled.bundle is not None and compiled.plan is not None
    known = known_of(compiled.bundle, profile_of(compiled.plan), compiled.catalog.copy())
    found = [one.rollout for one in rollouts(known, old)]
    return next(one for one in found if one.delivery == "workload-cluster")


def failures(seen: list[Seen]) -> list[str]:
    """Kustomizations that failed on the way: each then rests for its retry interval."""
    return [
        f"{s.name}: {s.reason} {s.message[:300]}"
        for s in seen
        if s.ready == "False" and s.reason not in WAITING
    ]


def _first(seen: list[Seen], name: str, ready: tuple[str, ...]) -> float:
    return next((s.at for s in seen if s.name == name and s.ready in ready), float("inf"))


def _before_others(simulated: Rollout, seen: list[Seen]) -> list[str]:
    """Steps that began before one that they come after, in the simulation, was ready."""
    return [
        f"{m.step.name} began before {earlier} was ready"
        for m in simulated.moments
        for earlier in m.step.after
        if _first(seen, m.step.name, ("Unknown", "True")) < _first(seen, earlier, ("True",))
    ]


def _unwaited(simulated: Rollout, seen: list[Seen], ready: dict[str, float]) -> list[str]:
    """Objects that, in the simulation, hold a step back for certain, and did not."""
    return [
        f"{m.step.name} did not wait for {gate.key}"
        for m in simulated.moments
        for gate in m.step.gates
        if gate.guarded
        and (at := ready.get(_title(gate.key))) is not None
        and _first(seen, m.step.name, ("True",)) < at
    ]


def _title(key: Key) -> str:
    return f"{key.kind} {key.namespace}/{key.name}"


def reference(models: int) -> Compiled:
    """The reference stack in prod, with so many models."""
    data = copy.deepcopy(build_data("prod").loaded.data)
    (model,) = data["spec"]["serving"]["models"]
    more = [{**model, "name": f"model-{n}", "servedName": f"model-{n}"} for n in range(1, models)]
    data["spec"]["serving"]["models"] = [model, *more]
    return build_data("prod", data)


def policies_last(models: int) -> Compiled:
    """The same, in the order of POLICIES_LAST."""
    made = reference(models)
    assert made.bundle is not None
    for resource in made.bundle.objects:
        name = resource.name.removeprefix("llmd-istio-tpu-")
        if resource.kind == "Kustomization" and name in POLICIES_LAST:
            resource.data["spec"].update(POLICIES_LAST[name])
    return made


def _steps(*names: str) -> set[str]:
    return {f"llmd-istio-tpu-{name}" for name in names}


def _own_steps(simulated: Rollout) -> set[str]:
    """The steps of the stack's repository: others are in repositories of their own."""
    return {m.step.name for m in simulated.moments if not m.step.remote}


def _held_by_policies(world: World, stack: Compiled) -> Callable[[Object], bool]:
    """Where all is denied, a model becomes ready only when the policies that name it are there."""
    assert stack.bundle is not None
    policies = [r for r in stack.bundle.objects if r.kind == "NetworkPolicy"]
    server = Server(world.server.port)

    def held(data: Object) -> bool:
        if data["kind"] != "LLMInferenceService":
            return False
        name = data["metadata"]["name"]
        wanted = {p.name for p in policies if p.name.endswith(name)}
        assert wanted, f"no policy names {name}"
        there = {
            d["metadata"]["name"] for d in every(server, "networking.k8s.io/v1", "NetworkPolicy")
        }
        return DENY in there and not wanted <= there

    return held


def test_first_installation_and_a_second_model(world: World) -> None:
    one, two = reference(1), reference(2)
    _prepared(world, one)
    world.controllers.held = _held_by_policies(world, two)
    revision = world.push(one)
    world.bootstrap(one)
    simulated = _simulated(one)
    assert simulated.blocked == ()
    names = _own_steps(simulated)
    assert len(names) > 10
    world.wait(_all_ready(names, revision))
    seen = list(world.flux.seen)
    assert _before_others(simulated, seen) == []
    assert _unwaited(simulated, seen, world.controllers.ready) == []

    revision = world.push(two)
    assert one.bundle is not None
    simulated = _simulated(two, one.bundle.objects)
    assert simulated.blocked == ()
    world.wait(_all_ready(names, revision))
    later = world.flux.seen[len(seen) :]
    assert _unwaited(simulated, later, world.controllers.ready) == []


def test_a_model_that_is_never_ready(world: World) -> None:
    """It holds its own step back where the simulation says so, and no policy in any case."""
    two = reference(2)
    _prepared(world, two)
    world.controllers.held = lambda d: (
        d["kind"] == "LLMInferenceService" and d["metadata"]["name"] == "model-1"
    )
    revision = world.push(two)
    world.bootstrap(two)
    (serving,) = _steps("4-serving")
    names = _own_steps(_simulated(two)) - {serving}
    world.wait(_all_ready(names, revision))
    world.wait(lambda now: now[serving].ready in ("Unknown", "True"))
    time.sleep(DELAY + 10)
    (gate,) = (
        gate
        for moment in _simulated(two).moments
        for gate in moment.step.gates
        if gate.key.kind == "LLMInferenceService" and gate.key.name == "model-1"
    )
    assert (world.flux.now()[serving].ready == "Unknown") == gate.guarded

    revision = world.push(reference(1))  # the fix: the feature gate lets it in
    world.wait(_all_ready({*names, serving}, revision), 120)


def test_policies_behind_the_models_deadlock(world: World) -> None:
    """The fault, put back: the simulation says that a second model blocks, and it does."""
    one, two = policies_last(1), policies_last(2)
    _prepared(world, one)
    world.controllers.held = _held_by_policies(world, two)
    first = world.push(one)
    world.bootstrap(one)
    names = _own_steps(_simulated(one))
    world.wait(_all_ready(names, first))

    assert one.bundle is not None
    simulated = _simulated(two, one.bundle.objects)
    assert {b.step.name for b in simulated.blocked} == _steps("4-serving")
    held = set(simulated.blocked[0].holds)
    assert held >= _steps("5-network")
    second = world.push(two)
    (serving,), (network,) = _steps("4-serving"), _steps("5-network")
    world.wait(_all_ready(names - {serving, *held}, second))
    time.sleep(DELAY + 20)
    now = world.flux.now()
    assert now[serving].ready == "Unknown"
    assert {now[name].revision for name in held} == {first}

    world.controllers.held = lambda _: False  # and only the policies were missing
    world.wait(_all_ready(names, second))
    assert now[network].reason == "DependencyNotReady"
