"""What the catalog knows of kinds: when they are ready, what they need, who serves them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.record import record
from stackgen.rollout.durations import seconds


@record
class Kind:
    """A row of readiness.yaml, or what is taken of a kind without one."""

    condition: str = ""
    flux: str = "status"
    argocd: str = "none"
    controller: str = ""
    admission: bool = False
    needs: tuple[Mapping[str, Any], ...] = ()
    makes: tuple[Mapping[str, Any], ...] = ()


# Kinds of Kubernetes itself have no controller whose status could come late, but for workloads.
_BUILT_IN = Kind(flux="waits", argocd="built-in")
_FOREIGN = Kind()
REQUEUE = "--requeue-dependency"


def is_built_in(group: str) -> bool:
    """Whether the API server serves the group by itself."""
    first, _, rest = group.partition(".")
    return not rest or (rest == "k8s.io" and first in _NATIVE) or group in _NESTED


_NESTED = frozenset({"rbac.authorization.k8s.io", "flowcontrol.apiserver.k8s.io"})
_NATIVE = frozenset({
    "admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization",
    "certificates", "coordination", "discovery", "events", "networking", "node",
    "resource", "scheduling", "storage",
})  # fmt: skip


class Kinds:
    """The rows of one catalog, each read once.

    settings: the kinds that Argo CD judges by its settings, as GROUP_KIND; None: those that
    `stackgen bootstrap` writes.
    """

    def __init__(self, catalog: Catalog, settings: frozenset[str] | None = None) -> None:
        self._catalog = catalog
        self._settings = settings
        self._kinds: dict[tuple[str, str], Kind] = {}
        self._controllers: dict[str, Mapping[str, Any]] = {}

    def of(self, group: str, kind: str) -> Kind:
        """What is known of a kind."""
        found = self._kinds.get((group, kind))
        if found is None:
            found = self._kinds[group, kind] = self._read(group, kind)
        return found

    def _read(self, group: str, kind: str) -> Kind:
        row = self._catalog.readiness(group, kind)
        if row is None:
            return _BUILT_IN if is_built_in(group) else _FOREIGN
        data = row.data
        set_up = self._settings is None or f"{group}_{kind}" in self._settings
        argocd = "none" if data["argocd"] == "bootstrap" and not set_up else data["argocd"]
        return Kind(
            data.get("condition", ""), data["flux"], argocd, data.get("controller", ""),
            data.get("admission", False), tuple(data.get("needs", ())),
            tuple(data.get("makes", ())),
        )  # fmt: skip

    def controller(self, name: str) -> Mapping[str, Any]:
        """The row of a controller; empty for a name without one."""
        if name not in self._controllers:
            row = self._catalog.row("controller", name)
            self._controllers[name] = row.data if row is not None else {}
        return self._controllers[name]

    def kinds_called(self, kind: str) -> list[str]:
        """The rows `Kind.group` of a kind whose group is not said."""
        return [n for n in self._catalog.names("readiness") if n.startswith(f"{kind}.")]

    def controllers(self) -> list[str]:
        """The names of all controllers."""
        return self._catalog.names("controller")

    def login(self, image: str) -> str:
        """The registry of an image, where each pull needs a login; else empty."""
        try:
            name = image_reference(image).name
        except ImageReferenceError:
            return ""
        row = self._catalog.registry(name)
        return row.key if row is not None and row.data["authentication"] == "required" else ""

    def requeue(self) -> int:
        """How often Flux looks at dependencies, with the arguments that bootstrap sets."""
        for argument in self.controller("flux").get("arguments", ()):
            flag, _, value = argument.partition("=")
            if flag == REQUEUE:
                return seconds(value) or 0
        return self.engine("flux", "requeue_seconds")

    def engine(self, name: str, field: str) -> int:
        """A figure of a delivery engine, of its row in controllers.yaml, in seconds."""
        found: int = self.controller(name)[field]
        return found
