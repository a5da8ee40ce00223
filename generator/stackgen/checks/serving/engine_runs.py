"""The containers of the input that run an inference engine, each with its command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs, value_pods
from stackgen.checks.serving.view import services
from stackgen.facts import command_line
from stackgen.facts.command_line import CommandLine, Flag
from stackgen.facts.config_values import config_values, has_other_values
from stackgen.facts.containers import environment
from stackgen.facts.containers import words as words_of
from stackgen.facts.engines import Running, running, running_program
from stackgen.facts.pod_templates import pod_parts
from stackgen.facts.shape import maps, text
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.names import KIND, MAIN
from stackgen.platforms.kserve.serving_runtime import merged_runtimes, served
from stackgen.record import record

# `sglang serve` starts another server for models of images, which has options of its own.
_DIFFUSION = "num-gpus"


@record
class EngineRun:
    """A container with an engine. path: of the container in the object. image: as it will run.

    config: the variables that ConfigMaps of the input give it. open_env: others may bring more.
    """

    resource: Resource
    path: Path
    container: dict[str, Any]
    image: str
    line: CommandLine
    running: Running
    config: Mapping[str, str]
    open_env: bool

    def place(self, *path: str | int, key: bool = False) -> Place:
        """A place in the container."""
        return Place(self.resource, (*self.path, *path), key=key)

    def flag(self, name: str) -> Place:
        """The place of a flag that is given."""
        return Place(self.resource, self.line.flags[name].path)

    def variables(self) -> Iterator[tuple[int, str, str | None]]:
        """Its environment: index, name and value; None for a value from elsewhere."""
        for i, entry in maps(self.container.get("env")):
            value = entry.get("value")
            known = isinstance(value, str) and "$(" not in value and "{{" not in value
            yield i, text(entry.get("name")), value if known else None


def engine_runs(context: Context) -> tuple[EngineRun, ...]:
    """All of them, found once in a run."""
    return context.once(_runs)


def pod_runs(context: Context) -> Iterator[tuple[PodSpec, Path, EngineRun]]:
    """The engines in Pods of the input: the Pod, the path of the container in it, and the run."""
    runs = {(id(run.resource), run.path): run for run in engine_runs(context)}
    for pod in pod_specs(context):
        for path, _ in pod.containers():
            run = runs.get((id(pod.resource), (*pod.path, *path)))
            if run is not None and pod.resource.kind != KIND:
                yield pod, path, run


def downloads(run: EngineRun, env: Mapping[str, str | None]) -> bool:
    """Whether the engine downloads its model from Hugging Face to the default folder."""
    model = run.line.model.value if run.line.model else None
    model = model or run.line.text("model") or run.line.text("model-path")
    local = not model or model.startswith(("/", ".", "s3://", "gs://")) or model.count("/") != 1
    offline = env.get("HF_HUB_OFFLINE", "0") not in ("0", "", "false", "False")
    return not local and not offline and "download-dir" not in run.line.flags


def _runs(context: Context) -> tuple[EngineRun, ...]:
    return (*_of_pods(context), *_of_services(context))


def program_runs(context: Context) -> tuple[EngineRun, ...]:
    """The containers with an engine that is no package of Python, found once in a run.

    Their parsers read variables too, each named as its option, which stand in the line as flags.
    """
    return context.once(_programs)


def _programs(context: Context) -> tuple[EngineRun, ...]:
    return tuple(
        run for pod, where, one in _pods(context) if (run := _program(context, pod, where, one))
    )


def _program(
    context: Context, pod: PodSpec, where: Path, container: dict[str, Any]
) -> EngineRun | None:
    image = text(container.get("image"))
    found = running_program(image)
    if found is None:
        return None
    running, program = found
    config = config_values(context.bundle, container)
    env = {**config, **environment(container)}
    line = command_line.read(container.get("command"), container.get("args"), env, where)
    words = [word for _, word in words_of(container)]
    if container.get("command") and not any(program in word for word in words):
        return None
    if running.engine.name == "ollama" and words[:1] != ["serve"] and words[1:2] != ["serve"]:
        line = replace(line, flags={})
    more = has_other_values(context.bundle, container)
    run = EngineRun(pod.resource, where, container, image, line, running, config, more)
    options = running.engine.options
    given = {
        name.lower().replace("_", "-"): Flag(value, (*where, "env", i, "value"))
        for i, name, value in run.variables()
        if name in running.engine.variables
        and name == name.upper()
        and "value" in (container["env"][i])
    }
    read = {
        name: flag for name, flag in given.items()
        if name in options and options[name][-1][0] not in ("flag", "bool?")
    }  # fmt: skip
    return replace(run, line=replace(line, flags={**read, **line.flags}))


def _of_pods(context: Context) -> Iterator[EngineRun]:
    for pod, where, container in _pods(context):
        # The platform starts the server in this container. See below.
        if pod.resource.kind == KIND and container.get("name") == MAIN:
            continue
        command, image = container.get("command"), text(container.get("image"))
        config = config_values(context.bundle, container)
        env = {**config, **environment(container)}
        line = command_line.read(command, container.get("args"), env, where)
        # Without a command, an image of an engine starts the server itself.
        if command and not line.engine:
            continue
        found = running(image, line.engine, context.catalog.copy())
        if line.engine == "sglang" and _DIFFUSION in line.flags:
            continue
        if found is not None and (line.engine or found.own or found.tag):
            more = has_other_values(context.bundle, container)
            yield EngineRun(pod.resource, where, container, image, line, found, config, more)


def _pods(context: Context) -> Iterator[tuple[PodSpec, Path, dict[str, Any]]]:
    """The containers of all Pods of the input, each with its path in the object."""
    merged = served(context.bundle)
    # A runtime is judged in each service that runs in it.
    used = {id(runtime) for runtime in merged_runtimes(context.bundle)}
    parts = [
        PodSpec(resource, path, part)
        for resource in context.bundle.objects
        if id(resource) not in used and id(resource) not in merged
        for path, part in pod_parts(resource)
    ]
    for pod in (*pod_specs(context), *parts, *value_pods(context)):
        for path, container in pod.containers():
            yield pod, (*pod.path, *path), container


def _of_services(context: Context) -> Iterator[EngineRun]:
    for service in services(context):
        for part in service.parts():
            main = part.main()
            if main is None:
                continue
            path, container = main
            image = text(part.merged_main().get("image"))
            own = part.line()
            line = own if own.engine else part.more_flags()
            if container.get("command") and not own.engine:
                continue
            found = running(image, line.engine or "vllm", context.catalog.copy())
            if found is not None:
                where = (*part.path, *path)
                more = bool(container.get("envFrom"))
                yield EngineRun(service.resource, where, container, image, line, found, {}, more)
