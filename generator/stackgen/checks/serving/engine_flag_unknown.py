"""An option that the engine of a container does not have."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.checks.serving.view import services
from stackgen.facts import command_line
from stackgen.facts.command_line import CommandLine
from stackgen.facts.engine_flags import accepts, vllm_flags, vllm_version
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.resource import Resource
from stackgen.spelling import did_you_mean

RULE = rule_named(__name__)
# Short options, and what `python -m` makes of its module.
_SHORT = 2


def check(context: Context) -> Iterator[Finding]:
    """One finding for each option, of servers that a container starts and of services."""
    for pod in pod_specs(context):
        yield from _of_containers(pod)
    for service in services(context):
        for part in service.parts():
            image = text(part.merged_main().get("image"))
            yield from _unknown(service.resource, part.more_flags(), image)


def _of_containers(pod: PodSpec) -> Iterator[Finding]:
    for path, container in pod.containers():
        image = text(container.get("image"))
        env = {
            text(e.get("name")): e["value"]
            for _, e in maps(container.get("env"))
            if isinstance(e.get("value"), str)
        }
        command, args = container.get("command"), container.get("args")
        line = command_line.read(command, args, env, (*pod.path, *path))
        # Without a command, an image of vLLM starts the server itself.
        if line.vllm or (not command and vllm_version(image)):
            yield from _unknown(pod.resource, line, image)


def _unknown(resource: Resource, line: CommandLine, image: str) -> Iterator[Finding]:
    version, table = vllm_version(image), vllm_flags()
    known = table.get(version)
    names = known if known is not None else frozenset[str]().union(*table.values())
    for name, flag in line.flags.items():
        if len(name) <= _SHORT or not name[0].islower() or accepts(names, name):
            continue
        hint = did_you_mean(name, sorted(names))
        if known is not None:
            message, severity = f"vLLM {version} has no option --{name}{hint}", Severity.ERROR
        else:
            versions = f"{next(iter(table))} to {list(table)[-1]}"
            message = (
                f"the version of vLLM in this image is not known; {versions} has no option "
                f"--{name}{hint}"
            )
            severity = Severity.INFO
        yield RULE.finding(
            message,
            Place(resource, flag.path),
            severity=severity,
            confidence="high" if known is not None else "medium",
        )
