"""A volume that no container mounts."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.containers import containers
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Violations, violation

# The controller itself mounts these.
_MOUNTED = ("kserve-provision-location", "kserve-pvc-source")


def check(context: Context) -> Violations:
    """Judged on the merged view, volumes of the user's only."""
    for service in services(context):
        for part in service.parts():
            used = set()
            for _, container in containers(part.merged):
                for kind in ("volumeMounts", "volumeDevices"):
                    used |= {text(m.get("name")) for _, m in maps(container.get(kind))}
            for i, volume in maps(part.own.get("volumes")):
                name = volume.get("name")
                known = service.whole and isinstance(name, str) and name not in _MOUNTED
                if known and name not in used:
                    yield violation(
                        f"no container mounts volume {name}",
                        part.place("volumes", i, "name"),
                    )
