"""What the rules of this family look at: services as the controller sees them, made once a run.

Without a named release, every release that serves the API versions of the input may be meant; the
newest decides what is found, and what holds for some of them only is a warning at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts import command_line
from stackgen.facts.command_line import CommandLine, Flag
from stackgen.facts.shape import as_dict, maps, named, plain
from stackgen.findings.model import Place, Rule, Severity, Violation, Violations
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.configs import expanded, known_of
from stackgen.platforms.kserve.expand import Expanded
from stackgen.platforms.kserve.names import CONFIG_KIND, KIND, MAIN, MORE_FLAGS
from stackgen.platforms.kserve.presets import PREFIX
from stackgen.platforms.kserve.release import GROUP, Controller, behaves_alike, meant
from stackgen.platforms.kserve.signs import of_another_version
from stackgen.record import record

_PARTS: tuple[Path, ...] = (
    ("template",), ("worker",), ("prefill", "template"), ("prefill", "worker"),
)  # fmt: skip


@record
class Part:
    """One Pod template of a service. own: what the user's manifests say; merged: with presets."""

    service: Service
    path: Path
    own: dict[str, Any]
    merged: dict[str, Any]

    @property
    def several(self) -> bool:
        """Its Pods form groups."""
        holder = self.service.spec
        for step in self.path[1:-1]:
            holder = as_dict(holder.get(str(step)))
        return isinstance(holder.get("worker"), dict)

    @property
    def prefill(self) -> bool:
        return "prefill" in self.path

    def place(self, *path: str | int, key: bool = False, note: str = "") -> Place:
        return Place(self.service.resource, (*self.path, *path), key=key, note=note)

    def main(self) -> tuple[Path, dict[str, Any]] | None:
        """Where the user speaks of the container `main`, and what is said there."""
        found = named(self.own.get("containers"), MAIN)
        return (("containers", found[0]), found[1]) if found else None

    def merged_main(self) -> dict[str, Any]:
        """The container `main` as it will run; empty when there is none."""
        found = named(self.merged.get("containers"), MAIN)
        return found[1] if found else {}

    def line(self) -> CommandLine:
        """The command line of `main` when the user starts the server: paths are the user's."""
        found = self.main()
        if found is None or self._appended(found[1]):
            return CommandLine()
        path, container = found
        env = _environment(container)
        base = (*self.path, *path)
        return command_line.read(container.get("command"), container.get("args"), env, base)

    def _appended(self, container: dict[str, Any]) -> bool:
        """Whether a preset starts the server, and appends what the user's `args` say."""
        appends = self.service.view.newest.args == "flags"
        return appends and not container.get("command") and bool(self.merged_main().get("command"))

    def more_flags(self) -> CommandLine:
        """The flags in VLLM_ADDITIONAL_ARGS, and those in args without a command."""
        found = self.main()
        if found is None:
            return CommandLine()
        path, container = found
        variable = named(container.get("env"), MORE_FLAGS)
        more = []
        if variable is not None and isinstance(variable[1].get("value"), str):
            where = (*self.path, *path, "env", variable[0], "value")
            more.append(Flag(variable[1]["value"], where))
        args = None if container.get("command") else container.get("args")
        env = _environment(container)
        return command_line.read(None, args, env, (*self.path, *path), more)


def _environment(container: dict[str, Any]) -> dict[str, str]:
    entries = [entry for _, entry in maps(container.get("env"))]
    return {
        e["name"]: e["value"]
        for e in entries
        if isinstance(e.get("name"), str) and isinstance(e.get("value"), str) and plain(e["value"])
    }


class Service:
    """One LLMInferenceService."""

    def __init__(self, view: View, resource: Resource) -> None:
        self.view = view
        self.resource = resource
        self.name = resource.name
        self.namespace = resource.namespace
        self.spec: dict[str, Any] = as_dict(resource.data.get("spec"))

    def expanded(self, release: Controller | None = None) -> Expanded:
        """What becomes of it: with one release, or with the one that decides."""
        return expanded(self.view.bundle, self.resource, release or self.view.newest)

    @property
    def merged(self) -> dict[str, Any]:
        """The spec with presets and baseRefs."""
        return self.expanded().effective.spec

    @property
    def own(self) -> dict[str, Any]:
        """The spec with baseRefs, without presets."""
        return self.expanded().effective.own

    @property
    def whole(self) -> bool:
        """Every config it refers to is there to see."""
        return not self.expanded().effective.unknown

    def place(self, *path: str | int, key: bool = False, note: str = "") -> Place:
        return Place(self.resource, path, key=key, note=note)

    def halves(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """What the user says of the service, and of its prefill Pods where there are some."""
        yield ("spec",), self.spec
        if isinstance(self.spec.get("prefill"), dict):
            yield ("spec", "prefill"), self.spec["prefill"]

    def parts(self, release: Controller | None = None) -> Iterator[Part]:
        """Its Pod templates, those which the user says something about."""
        for path in _PARTS:
            own: Any = self.spec
            merged: Any = self.expanded(release).effective.spec
            for step in path:
                own, merged = as_dict(own).get(str(step)), as_dict(merged).get(str(step))
            if isinstance(own, dict) and isinstance(merged, dict):
                yield Part(self, ("spec", *path), own, merged)


class View:
    """The services of a bundle, and the releases that may be meant."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.bundle = context.bundle
        self.configs = context.bundle.once(known_of).configs

    @cached_property
    def releases(self) -> tuple[Controller, ...]:
        """The releases that may be meant, the newest first."""
        kinds = [(r.group, r.version, r.kind) for r in self.bundle.objects]
        return meant(self.context.catalog.copy(), self.context.release, kinds)

    @property
    def newest(self) -> Controller:
        return self.releases[0]

    @cached_property
    def certain(self) -> bool:
        """One release only can be meant, or several that do the same, and it is installed."""
        row = self.context.catalog.release(self.newest.name)
        if row is not None and of_another_version(row, self.bundle.resources):
            return False
        return all(behaves_alike(one, self.newest) for one in self.releases[1:])

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """Every LLMInferenceService that has a name."""
        return tuple(Service(self, r) for r in self.bundle.of_kind(KIND, GROUP) if r.name)

    @cached_property
    def by_namespace(self) -> Mapping[str, Mapping[str, Service]]:
        """The services by namespace and name."""
        found: dict[str, dict[str, Service]] = {}
        for service in self.services:
            found.setdefault(service.namespace, {})[service.name] = service
        return found

    @cached_property
    def subjects(self) -> tuple[Service, ...]:
        """The services, and the configs that will lie between a preset and a service."""
        configs = (
            Service(self, r)
            for r in self.bundle.of_kind(CONFIG_KIND, GROUP)
            if r.name and not r.name.startswith(PREFIX)
        )
        return (*self.services, *configs)

    def in_releases(
        self, rule: Rule, check: Callable[..., Violation | None], *subject: object
    ) -> Violations:
        """The violation with the newest release; weaker if older ones do not have it.

        check: takes the subject and a release.
        """
        import dataclasses

        found = check(*subject, self.newest)
        if found is None:
            return
        severe = (found.severity or rule.severity) > Severity.WARNING
        if severe and any(check(*subject, other) is None for other in self.releases[1:]):
            message = found.message
            if self.newest.name not in message:
                message = f"{message} (with release {self.newest.name})"
            found = dataclasses.replace(
                found,
                message=message,
                severity=Severity.WARNING,
                more={**found.more, "confidence": "medium"},
            )
        yield found


def view(context: Context) -> View:
    """The view of a context, shared by all rules of the family."""
    return context.once(View)


def services(context: Context, field: str = "") -> tuple[Service, ...]:
    """The services of a context; none if the newest release does not have the field."""
    seen = view(context)
    return seen.services if not field or field in seen.newest.fields else ()
