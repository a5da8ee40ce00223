"""What a stack with reservations and a fallback asks of the project and of GKE."""

from __future__ import annotations

from stackgen.bootstrap.capacity import reservation_steps, version_steps
from stackgen.bootstrap.needs import Needs, needs
from stackgen.bootstrap.verify import verify
from stackgen.compiler import Compiled
from tests.stacks import of_one_model

POOL = {"accelerator": "v6e", "topology": "2x2"}


def _stack(**pool: object) -> Compiled:
    return of_one_model("llm-d-0.9", {"exposure": "internal"}, {**POOL, **pool})


def _needs(compiled: Compiled) -> Needs:
    assert compiled.plan is not None and compiled.bundle is not None
    (cluster,) = compiled.bundle.of_kind("ContainerCluster")
    return needs(compiled.plan, cluster)


def test_each_reservation_is_read_once_where_it_is() -> None:
    block = "projects/other-project/reservations/shared/reservationBlocks/b1"
    entries = [{"reservation": block}, {"reservation": "own"}]
    compiled = _stack(reservation="own", fallback=entries)
    assert compiled.plan is not None
    steps = list(reservation_steps(compiled.plan, _needs(compiled)))
    assert [step.title for step in steps] == [
        "reservation own in us-central1-b", "reservation shared in us-central1-b",
    ]  # fmt: skip
    assert "--project=other-project" in steps[1].commands[0]
    assert "READY" in steps[1].commands[1]


def test_gke_must_know_classes_and_their_tpus() -> None:
    oldest = {
        "v5p": ("2x2x1", "1.33.3-gke.1136000"), "tpu7x": ("2x2x1", "1.34.0-gke.2201000"),
    }  # fmt: skip
    for accelerator, (topology, version) in oldest.items():
        entry = {"accelerator": accelerator, "topology": topology}
        compiled = _stack(fallback=[entry])
        assert compiled.plan is not None and compiled.bundle is not None
        wanted = _needs(compiled)
        (step,) = version_steps(compiled.plan, wanted)
        assert f"it must be {version} or newer" in step.commands[-1]
        assert "ComputeClass tpu" in verify(compiled.plan, compiled.bundle.objects)


def test_without_a_fallback_nothing_is_asked() -> None:
    compiled = _stack()
    assert compiled.plan is not None and compiled.bundle is not None
    wanted = _needs(compiled)
    assert not list(version_steps(compiled.plan, wanted))
    assert not list(reservation_steps(compiled.plan, wanted))
