"""What brings the model to /mnt/models: a download, a claim, or an image beside the server."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from stackgen.facts.shape import as_dict, copied, maps
from stackgen.platforms.kserve.credentials import Source, authorities, variables
from stackgen.platforms.kserve.merge import merge
from stackgen.platforms.kserve.names import MAIN, MORE_FLAGS, child_name
from stackgen.platforms.kserve.release import Controller
from stackgen.record import record
from stackgen.regex import regex

DOWNLOADED = ("hf", "s3")
MODEL_MOUNT = "/mnt/models"
TOKENIZER_MOUNT = "/mnt/models/base"
MODEL_VOLUME = "kserve-provision-location"
PVC_VOLUME = "kserve-pvc-source"
INITIALIZER = "storage-initializer"
TOKENIZER = "tokenizer"
_TOKENIZER_FILES = (
    '["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", '
    '"merges.txt", "config.json", "generation_config.json"]'
)
_LORA_MOUNT = "/mnt/lora"
_NOT_PATH = regex(r"[^a-zA-Z0-9._-]")
Pod = dict[str, Any]
Container = dict[str, Any]


@record
class Adapter:
    """One LoRA adapter. path: where it is in the server's container."""

    name: str
    uri: str
    path: str

    @property
    def scheme(self) -> str:
        return self.uri.partition("://")[0]


def adapters(controller: Controller, spec: dict[str, Any]) -> tuple[Adapter, ...]:
    """The LoRA adapters of a service, by name."""
    lora = as_dict(as_dict(spec.get("model")).get("lora"))
    if "lora" not in controller.fields:
        return ()
    found = []
    for _, item in maps(lora.get("adapters")):
        name = str(item.get("name") or "")
        folder = _NOT_PATH.sub("-", name)
        folder = "adapter" if folder in ("", ".", "..") else folder
        found.append(Adapter(name, str(item.get("uri")), f"{_LORA_MOUNT}/{folder}"))
    return tuple(sorted(found, key=lambda a: a.name))


def refused_adapter(controller: Controller, spec: dict[str, Any]) -> str:
    """Why the controller makes nothing of the service's adapters; "" when it does."""
    for adapter in adapters(controller, spec):
        if "://" not in adapter.uri or adapter.scheme not in (*DOWNLOADED, "pvc"):
            schemes = "hf, s3 and pvc"
            return f"the LoRA adapter {adapter.name} has the address {adapter.uri}; {schemes} work"
        if switched_off(controller, spec):
            return f"the LoRA adapter {adapter.name} needs the storage initializer, which is off"
    return ""


def refused_model(controller: Controller, spec: dict[str, Any]) -> str:
    """Why the controller makes no Pods for the service's model; "" when it does."""
    uri = as_dict(spec.get("model")).get("uri")
    scheme, separator, _ = str(uri or "").partition("://")
    if not separator:
        return "the model has no address" if not uri else f"the model's address is {uri}"
    if switched_off(controller, spec) or scheme in (*DOWNLOADED, "pvc", "oci"):
        return ""
    return f"the model's address {uri} is of no kind that this release fetches"


def switched_off(controller: Controller, spec: dict[str, Any]) -> bool:
    """The service says that nothing brings its model."""
    told = as_dict(spec.get("storageInitializer")).get("enabled")
    return told is False and "storageInitializer" in controller.fields


def with_model(
    controller: Controller,
    spec: dict[str, Any],
    pod: Pod,
    source: Source,
    *,
    container: str = MAIN,
    path: str = MODEL_MOUNT,
    lora: bool = True,
) -> Pod:
    """A Pod of the service with its model, and its adapters with `lora`.

    container, path: who reads the model, and where. Raises StopError: see `variables`.
    """
    result = copied(pod)
    uri = as_dict(spec.get("model")).get("uri")
    if not isinstance(uri, str) or switched_off(controller, spec):
        return result
    scheme, _, rest = uri.partition("://")
    if refused_model(controller, spec):
        return result
    found = adapters(controller, spec) if lora else ()
    more = [(a.uri, a.path) for a in found if a.scheme in DOWNLOADED]
    if scheme in DOWNLOADED and not more:
        _download(controller, result, [(uri, MODEL_MOUNT)], container, path, source)
    elif scheme in DOWNLOADED:
        _download(controller, result, [(uri, MODEL_MOUNT), *more], container, "/mnt", source)
    else:
        if scheme == "pvc":
            _claim(result, container, path, PVC_VOLUME, rest)
        else:
            _modelcar(controller, result, rest, container, path)
        if more:
            folder = common_folder(p for _, p in more)
            _download(controller, result, more, container, folder, source)
        elif controller.initializer_override:
            _taken(result)
    if container == TOKENIZER and source.account is not None:
        # The sidecar needs no weights.
        for _, init in maps(result.get("initContainers")):
            if init.get("name") == INITIALIZER:
                patterns = {"name": "STORAGE_ALLOW_PATTERNS", "value": _TOKENIZER_FILES}
                init["env"] = [*(init.get("env") or []), patterns]
    for adapter in found:
        if adapter.scheme == "pvc":
            volume = child_name("lora-pvc-", adapter.name)
            _claim(result, container, adapter.path, volume, adapter.uri.removeprefix("pvc://"))
    if found:
        _lora_flags(
            result, container, found, source.namespace, as_dict(as_dict(spec["model"])["lora"])
        )
    return result


def common_folder(paths: Iterable[str]) -> str:
    """The deepest folder that holds all of the paths; the path itself for one."""
    split = [p.strip("/").split("/") for p in paths]
    if len(split) == 1:
        return "/" + "/".join(split[0])
    common = []
    for steps in zip(*split, strict=False):
        if len(set(steps)) > 1:
            break
        common.append(steps[0])
    return "/" + "/".join(common)


def _download(
    controller: Controller,
    pod: Pod,
    pairs: list[tuple[str, str]],
    container: str,
    path: str,
    source: Source,
) -> None:
    """The init container that downloads each address to its folder. path: for the server."""
    given = _taken(pod) if controller.initializer_override else None
    inits = pod.setdefault("initContainers", [])
    volume = {"name": MODEL_VOLUME, "emptyDir": {}}
    written = MODEL_MOUNT if len(pairs) == 1 and pairs[0][1] == MODEL_MOUNT else path
    if all(item.get("name") != INITIALIZER for _, item in maps(inits)):
        made = _initializer(controller, [word for pair in pairs for word in pair])
        if given is not None:
            # The user's environment, resources and the like; arguments are the controller's.
            made = {**merge(made, given, True), **{k: made[k] for k in ("name", "args")}}
            made.pop("command", None)
        inits.append(made)
        _mount(made, MODEL_VOLUME, written)
        env = _environment(controller, made.get("env"), pairs, source)
        if env:
            made["env"] = env
        _volume(pod, volume)
        # The download of a single model of Hugging Face needs no authorities.
        if len(pairs) > 1 or not pairs[0][0].startswith("hf://") or pairs[0][1] != MODEL_MOUNT:
            authorities(pod, made)
    _volume(pod, volume)
    _read(pod, container, MODEL_VOLUME, path)


def _taken(pod: Pod) -> Container | None:
    """The user's own init container of this name, taken out of the pod."""
    inits = [item for _, item in maps(pod.get("initContainers"))]
    found = [item for item in inits if item.get("name") == INITIALIZER]
    if found:
        pod["initContainers"] = [item for item in inits if item.get("name") != INITIALIZER]
    return found[-1] if found else None


def _initializer(controller: Controller, arguments: list[str]) -> Container:
    told = controller.storage_initializer
    return {
        "name": INITIALIZER,
        "image": told["image"],
        "args": arguments,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "resources": {
            "limits": {"cpu": told["cpu_limit"], "memory": told["memory_limit"]},
            "requests": {"cpu": told["cpu_request"], "memory": told["memory_request"]},
        },
    }


def _environment(
    controller: Controller, own: Any, pairs: list[tuple[str, str]], source: Source
) -> list[dict[str, Any]]:
    """The user's variables, the release's where they are not set, and the credentials."""
    found = {str(e.get("name")): e for _, e in maps(own)}
    told: dict[str, str] = {}
    for uri, _ in pairs:
        told |= controller.download_env.get(uri.partition("://")[0], {})
    usual = {name: {"name": name, "value": value} for name, value in told.items()}
    if not controller.download_env_needs_account:
        found = {**usual, **found}
    if source.account is not None:
        found |= {v["name"]: v for v in variables(controller, source)}
        found = {**found, **{k: v for k, v in usual.items() if k not in found}}
    return list(found.values())


def _claim(pod: Pod, container: str, path: str, volume: str, rest: str) -> None:
    claim, _, folder = rest.partition("/")
    if _read(pod, container, volume, path, folder):
        _volume(pod, {"name": volume, "persistentVolumeClaim": {"claimName": claim}})


def _modelcar(controller: Controller, pod: Pod, image: str, container: str, path: str) -> None:
    """The image as a sidecar whose files the server sees through the shared process namespace."""
    told = controller.storage_initializer
    server = next((c for _, c in maps(pod.get("containers")) if c.get("name") == container), None)
    if server is None:
        return
    env = {str(e.get("name")): e for _, e in maps(server.get("env"))}
    mode = {"MODEL_INIT_MODE": {"name": "MODEL_INIT_MODE", "value": "async"}}
    server["env"] = list((env | mode).values())
    _volume(pod, {"name": MODEL_VOLUME, "emptyDir": {}})
    parent = path.rpartition("/")[0]
    _mount(server, MODEL_VOLUME, parent)
    user = told.get("modelcar_user")
    if user is not None:
        server["securityContext"] = {**as_dict(server.get("securityContext")), "runAsUser": user}
    asked = {"cpu": told["modelcar_cpu"], "memory": told["modelcar_memory"]}
    common = {
        "image": image,
        "resources": {"limits": asked, "requests": asked},
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
    if all(c.get("name") != "modelcar" for _, c in maps(pod["containers"])):
        words = controller.modelcar
        folder = f"mkdir -p {parent} && " if path != MODEL_MOUNT else ""
        car = {
            "name": "modelcar",
            "args": ["sh", "-c", folder + words["link"].replace("<path>", path)],
            "volumeMounts": [{"name": MODEL_VOLUME, "mountPath": parent}],
            **copied(common),
        }
        if user is not None:
            car["securityContext"] = {"runAsUser": user}
        check = ["sh", "-c", words["check"].replace("<image>", image)]
        pod["containers"].append(car)
        pod.setdefault("initContainers", []).append(
            {"name": "modelcar-init", "args": check, **copied(common)}
        )
    pod["shareProcessNamespace"] = True


def _lora_flags(
    pod: Pod, container: str, found: tuple[Adapter, ...], namespace: str, lora: dict[str, Any]
) -> None:
    """vLLM's flags for the adapters, before the server's own; none where it has its own."""
    for _, server in maps(pod.get("containers")):
        if server.get("name") != container:
            continue
        env = [e for _, e in maps(server.get("env")) if e.get("name") == MORE_FLAGS]
        words = [*(server.get("command") or []), *(server.get("args") or [])]
        own = [str(e.get("value", "")) for e in env]
        if any("--lora-modules" in str(text) for text in (*words, *own)):
            return
        flags = ["--enable-lora"]
        for field, flag in (
            ("maxRank", "max-lora-rank"), ("maxAdapters", "max-loras"),
            ("maxCpuAdapters", "max-cpu-loras"),
        ):  # fmt: skip
            if lora.get(field) is not None:
                flags.append(f"--{flag}={lora[field]}")
        flags.append("--lora-modules")
        for adapter in found:
            for name in (adapter.name, f"publishers/{namespace}/models/{adapter.name}"):
                module = json.dumps({"name": name, "path": adapter.path}, separators=(",", ":"))
                flags.append(f"'{module}'")
        server["args"] = [*flags, *(server.get("args") or [])]
        return


def _volume(pod: Pod, volume: dict[str, Any]) -> None:
    volumes = pod.setdefault("volumes", [])
    if all(v.get("name") != volume["name"] for _, v in maps(volumes)):
        volumes.append(volume)


def _mount(container: Container, volume: str, path: str, **more: Any) -> None:
    mounts = container.setdefault("volumeMounts", [])
    if all(m.get("name") != volume for _, m in maps(mounts)):
        mounts.append({"name": volume, "mountPath": path, **more})


def _read(pod: Pod, container: str, volume: str, path: str, folder: str = "") -> bool:
    """Mounts the volume for the server, read-only. Returns whether there is such a container."""
    for _, server in maps(pod.get("containers")):
        if server.get("name") == container:
            _mount(server, volume, path, readOnly=True, **({"subPath": folder} if folder else {}))
            return True
    return False
