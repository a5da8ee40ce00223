"""What a delivery is made of: steps, what each waits for, and where Flux keeps its objects."""

from __future__ import annotations

from stackgen.origin import Traced, literal
from stackgen.record import record

FLUX = "flux-system"
DEPLOYMENT = ("apps/v1", "Deployment")


@record
class Check:
    """An object that must be healthy. when: whether the stack has it, where that depends."""

    api: str
    kind: str
    name: str | Traced[str]
    namespace: str | Traced[str] = ""
    when: Traced[bool] | None = None


@record
class Step:
    """One folder of `out/`: which steps it needs, and what it waits for.

    needs: names of the steps that must be healthy first. A missing step hands on what it
    needs itself. needed_by: of a step of a platform, the layers that need it. there: whether it
    holds anything, and why. sealed: it is a folder of encrypted files, which the user writes.
    prune_last: with Argo CD, what it no longer has is deleted when the rest is healthy, not before.
    """

    folder: str
    needs: tuple[str, ...] = ()
    health: tuple[Check, ...] = ()
    needed_by: tuple[str, ...] = ()
    there: Traced[bool] = literal(True, "delivery/step", "every stack has this step")
    sealed: bool = False
    prune_last: bool = True

    @property
    def name(self) -> str:
        return self.folder.rpartition("/")[2]
