"""A model, or a file of the server, in a folder which no volume provides."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs, pod_runs
from stackgen.checks.serving.engines.uploaded_models import other_folders
from stackgen.checks.serving.podspecs import PodSpec
from stackgen.escape import visible
from stackgen.facts.command_line import SHELLS
from stackgen.facts.containers import words
from stackgen.facts.downloads import copies, downloads
from stackgen.facts.folders import is_below
from stackgen.facts.lora_modules import modules
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, as_list, maps, named, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.regex import regex
from stackgen.spelling import close, nearest_model

_FLAGS = ("model", "model-path", "tokenizer", "tokenizer-path")
# Other files that are not in the images, but for the examples in the folders of their sources.
_FILES = (
    "chat-template", "tool-parser-plugin", "ssl-certfile", "ssl-keyfile", "ssl-ca-certs",
)  # fmt: skip
_SOURCES = ("/vllm-workspace", "/sgl-workspace", "/workspace", "/usr", "/opt", "/app", "/root")
# KServe mounts the model that its storage initializer downloads.
_MODELS = "/mnt/models"
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_CACHE = "/root/.cache/huggingface"
_SERVER = regex(r"(?:\A|/)vllm-openai(?:[:@]|\Z)")
_BRINGS = regex(r"download|gsutil|gcloud|\b(?:s3|rsync|rclone|curl|wget|cp|ln|mv|tar|git)\b")
# A script with one command, which starts the engine.
_ALONE = regex(
    r"\s*(?:set\s+-[^\n;]*[\n;]\s*)?(?:exec\s+)?(?:vllm\s+serve|python3?\s+-m\s+(?:vllm|sglang)\.[\w.]+)\s"
    r"(?:\\\n|[^\n;&|`])*\s*\Z"
)
_MOUNTED_BY = "serving.kserve.io"


def check(context: Context) -> Violations:
    """One finding for each flag, of images that their project publishes: they have no models."""
    for run in engine_runs(context):
        if run.running.own and run.resource.group != _MOUNTED_BY and not _scripted(run):
            yield from _violations(run)
        elif run.running.own and run.resource.kind == "InferenceService" and not _scripted(run):
            yield from _of_service(run)
    yield from other_folders(context)
    for pod, _, run in pod_runs(context):
        if run.running.own and run.resource.group != _MOUNTED_BY and not _scripted(run):
            yield from _empty(pod, run)
            yield from _offline(pod, run)
        if run.running.own and run.resource.group != _MOUNTED_BY and not _brings(run):
            yield from _elsewhere(pod, run)
            yield from _of_job(context, pod, run)


def _violations(run: EngineRun) -> Violations:
    mounts = [text(m.get("mountPath")) for _, m in maps(run.container.get("volumeMounts"))]
    yield from _missing(run, (*_paths(run), *_files(run)), [*filter(None, mounts)])


def _missing(
    run: EngineRun, paths: Iterable[tuple[str, str, Path]], mounts: Sequence[str]
) -> Violations:
    for flag, folder, path in paths:
        if folder.startswith("/") and not any(is_below(folder, m) for m in mounts):
            others = [m for m in mounts if m != "/dev/shm"]
            hint = f"; volumes are mounted at {', '.join(others)}" if others else ""
            yield violation(
                f"{flag} is {folder}, where no volume is mounted{hint}", Place(run.resource, path)
            )


def _of_service(run: EngineRun) -> Violations:
    """A server of KServe that does not load the model which KServe downloads."""
    model = as_dict(run.resource.get("spec", "predictor", "model"))
    given = next((key for key in ("storageUri", "storage") if model.get(key)), "")
    if not given:
        return
    mounts = [text(m.get("mountPath")) for _, m in maps(run.container.get("volumeMounts"))]
    paths = [one for one in _paths(run) if one[0] != "--tokenizer"]
    yield from _missing(run, _files(run), [*filter(None, mounts), _MODELS])
    for flag, folder, path in paths:
        known = [*filter(None, mounts), _MODELS]
        if folder.startswith("/") and not any(is_below(folder, m) for m in known):
            yield violation(
                f"{flag} is {folder}; KServe mounts the model at {_MODELS}",
                Place(run.resource, path),
            )
    starts = not run.container.get("command") and bool(_SERVER.search(run.image))
    if not paths and starts and run.line.complete and "config" not in run.line.flags:
        yield violation(
            f"vLLM gets no --model, so it loads its default model, and not {_MODELS}",
            Place(run.resource, ("spec", "predictor", "model", given)),
            remedy=f"Add `--model={_MODELS}` to the args of the runtime or of the service.",
        )


def _empty(pod: PodSpec, run: EngineRun) -> Violations:
    """A model in an emptyDir that no other container mounts, so that nothing puts it there."""
    for flag, folder, path in _paths(run):
        over = [
            text(m.get("name"))
            for _, m in maps(run.container.get("volumeMounts"))
            if m.get("mountPath") and is_below(folder, text(m["mountPath"]))
        ]
        volume = named(pod.spec.get("volumes"), over[-1]) if over and folder[:1] == "/" else None
        if volume is None or not isinstance(volume[1].get("emptyDir"), dict):
            continue
        users = [
            container
            for _, container in pod.containers()
            if any(m.get("name") == over[-1] for _, m in maps(container.get("volumeMounts")))
        ]
        if len(users) == 1:
            yield violation(
                f"{flag} is {folder}, and volume {visible(over[-1])} is an emptyDir into which "
                "no other container writes",
                Place(run.resource, path),
            )


def _elsewhere(pod: PodSpec, run: EngineRun) -> Violations:
    """A model in another folder than the one into which an init container downloads one."""
    mounted = {
        text(m.get("name")): text(m.get("mountPath")).rstrip("/")
        for _, m in maps(run.container.get("volumeMounts"))
    }
    folders: set[str] = set()
    for _, container in maps(pod.spec.get("initContainers")):
        for folder in (*(one for _, one in downloads(container)), *copies(container)):
            for _, mount in maps(container.get("volumeMounts")):
                root, volume = text(mount.get("mountPath")).rstrip("/"), text(mount.get("name"))
                if is_below(folder, root) and volume in mounted:
                    folders.add(mounted[volume] + folder.rstrip("/").removeprefix(root))
    for flag, folder, path in _paths(run):
        beside = {one.rpartition("/")[0] for one in folders}
        if folder.rstrip("/").rpartition("/")[0] in beside and folder.rstrip("/") not in folders:
            yield violation(
                f"{flag} is {folder}, and the init container downloads the model to "
                f"{', '.join(sorted(folders))}",
                Place(run.resource, path),
            )


def _of_job(context: Context, pod: PodSpec, run: EngineRun) -> Violations:
    """A model in almost the folder of a claim into which a Job of the namespace downloads one."""
    claims = {
        text(v.get("name")): text(as_dict(v.get("persistentVolumeClaim")).get("claimName"))
        for _, v in maps(pod.spec.get("volumes"))
    }
    jobs = [
        template
        for job in context.bundle.of_kind("Job", "batch")
        if job.namespace == pod.namespace
        for template in pod_templates(job)
    ]
    there: dict[str, set[str]] = {}
    for template in jobs if any(claims.values()) else ():
        for _, container in maps(template.spec.get("containers")):
            for _, folder in downloads(container, parts=True):
                for claim, inner in _within(template.spec, container, folder):
                    there.setdefault(claim, set()).add(inner)
    for flag, folder, path in _paths(run) if there else ():
        for claim, inner in _within(pod.spec, run.container, folder.rstrip("/")):
            known = there.get(claim, set())
            same = next((one for one in known if one.lower() == inner.lower()), None)
            near = nearest_model(inner, known)  # with other numbers it is another model
            meant = same or (near and close(inner, (near,)))
            if inner not in known and meant:
                yield violation(
                    f"{flag} is {folder}, and a Job downloads the model to {visible(meant)} of "
                    f"claim {claim}",
                    Place(run.resource, path),
                )


def _within(
    spec: Mapping[str, Any], container: Mapping[str, Any], folder: str
) -> Iterator[tuple[str, str]]:
    """The claim on which a folder lies, and the path of the folder in it."""
    over = [
        (text(m.get("mountPath")).rstrip("/"), m)
        for _, m in maps(container.get("volumeMounts"))
        if m.get("mountPath")
        and is_below(folder, text(m["mountPath"]))
        and not m.get("subPathExpr")
    ]
    root, mount = max(over, key=lambda one: len(one[0]), default=("", {}))
    volume = named(spec.get("volumes"), text(mount.get("name"))) if mount else None
    claim = text(as_dict(volume[1].get("persistentVolumeClaim")).get("claimName")) if volume else ""
    if claim:
        inner = folder.rstrip("/").removeprefix(root)
        yield claim, f"{text(mount.get('subPath')).strip('/')}/{inner.strip('/')}".strip("/")


def _offline(pod: PodSpec, run: EngineRun) -> Violations:
    """A model of Hugging Face that no download and no volume brings."""
    env = {name: value for _, name, value in run.variables()}
    on = next((name for name in _OFFLINE if env.get(name) in ("1", "true", "True", "yes")), "")
    cache = env.get("HF_HUB_CACHE", env.get("HF_HOME", _CACHE))
    if "download-dir" in run.line.flags:
        cache = run.line.text("download-dir")
    # An emptyDir holds only what an init container brings.
    alone = not pod.spec.get("initContainers")
    empty = {
        one.get("name")
        for _, one in maps(pod.spec.get("volumes"))
        if alone and isinstance(one.get("emptyDir"), dict)
    }
    mounts = [
        text(m.get("mountPath"))
        for _, m in maps(run.container.get("volumeMounts"))
        if m.get("name") not in empty
    ]
    if not on or run.open_env or not cache or "load-format" in run.line.flags:
        return
    held = any(m and (is_below(cache, m) or is_below(m, cache)) for m in mounts)
    for flag, model, path in _paths(run):
        if model.count("/") == 1 and model[0] not in "/." and "://" not in model and not held:
            yield violation(
                f"{flag} is {model}, {on} is {env[on]}, and no volume brings a model to {cache}",
                Place(run.resource, path),
            )


def _paths(run: EngineRun) -> Iterator[tuple[str, str, Path]]:
    if run.line.model is not None and run.line.model.value:
        yield "the model", run.line.model.value, run.line.model.path
    for name in _FLAGS:
        value = run.line.text(name)
        if value:
            yield f"--{name}", value, run.line.flags[name].path


def _files(run: EngineRun) -> Iterator[tuple[str, str, Path]]:
    """Files that the server reads beside the model, and its adapters."""
    for name in _FILES:
        value = run.line.text(name)
        if value and not any(is_below(value, folder) for folder in _SOURCES):
            yield f"--{name}", value, run.line.flags[name].path
    for module in modules(run.line):
        yield f"the adapter {module.name}", module.where, module.path


def _brings(run: EngineRun) -> bool:
    """Whether a script that starts the engine may bring files before."""
    return _scripted(run) and any(_BRINGS.search(word) for _, word in words(run.container))


def _scripted(run: EngineRun) -> bool:
    """Whether a script starts the engine, which may fetch the model before."""
    container: Mapping[str, Any] = run.container
    first = next(iter(as_list(container.get("command"))), "")
    if not isinstance(first, str) or os.path.basename(first) not in SHELLS:
        return False
    return not any(_ALONE.match(word) for _, word in words(container))
