"""A volume for the weights of a model, and a server that downloads them to another folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, downloads, pod_runs
from stackgen.checks.serving.podspecs import PodSpec
from stackgen.escape import visible
from stackgen.facts.folders import folders, is_below, root_only
from stackgen.facts.shape import as_dict, as_list, maps, named, text, texts
from stackgen.findings.model import Violations, violation
from stackgen.regex import regex

# Only the library transformers reads it, not the download of an engine.
_OLD = "TRANSFORMERS_CACHE"
_FOR_WEIGHTS = regex(r"cache|hugging|\bhf\b|weights|models?\b|\bllm")
_FOR_OTHERS = regex(
    r"lora|adapter|triton|compil|xla|jax|torch|config|template|vllm/?cache|\.cache/vllm"
)
_KEPT = ("persistentVolumeClaim", "hostPath", "emptyDir", "ephemeral", "nfs")


def check(context: Context) -> Violations:
    """One finding for each volume of servers whose download folder is known."""
    for pod, path, run in pod_runs(context):
        env = {**run.config, **{name: value for _, name, value in run.variables()}}
        if not run.line.complete or run.open_env or not downloads(run, env):
            continue
        where = _folder(pod, run, env)
        mounts = list(_mounts(pod, run))
        if where is None or any(is_below(where, mounted) for _, mounted in mounts):
            continue
        for i, mounted in mounts:
            old = text(env.get(_OLD))
            told = f"; the download does not read {_OLD}" if old and is_below(old, mounted) else ""
            if told or not _mentioned(run, mounted):
                yield violation(
                    f"the model is downloaded to {where}, and the volume is mounted at "
                    f"{visible(mounted)}{told}",
                    pod.place(*path, "volumeMounts", i, "mountPath"),
                )


def _folder(pod: PodSpec, run: EngineRun, env: Mapping[str, str | None]) -> str | None:
    """Where the download goes; None when it is not known."""
    users = [as_dict(x.get("securityContext")).get("runAsUser") for x in (run.container, pod.spec)]
    known = root_only(run.image) and all(user in (None, 0) for user in users)
    found = next(f for f in folders(run.running.engine.name, run.image) if f.when == "download")
    return found.at(env, "/root" if known else None)


def _mounts(pod: PodSpec, run: EngineRun) -> Iterator[tuple[int, str]]:
    """Where volumes are mounted that may be for weights, by their names and paths."""
    for i, mount in maps(run.container.get("volumeMounts")):
        at, name = text(mount.get("mountPath")), text(mount.get("name"))
        volume = named(pod.spec.get("volumes"), name)
        source = volume[1] if volume is not None else {}
        words = f"{name} {at}".lower()
        memory = as_dict(source.get("emptyDir")).get("medium") == "Memory"
        if (
            any(kind in source for kind in _KEPT)
            and not memory
            and _FOR_WEIGHTS.search(words)
            and not _FOR_OTHERS.search(words)
        ):
            yield i, at


def _mentioned(run: EngineRun, mounted: str) -> bool:
    """Whether a word of the command or a variable names the folder or one below it."""
    values = [value for _, name, value in run.variables() if name != _OLD]
    values += [value for name, value in run.config.items() if name != _OLD]
    words = [*as_list(run.container.get("command")), *as_list(run.container.get("args")), *values]
    return any(mounted.rstrip("/") in word for _, word in texts(words))
