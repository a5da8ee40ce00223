"""From where the containers of a Pod download: the model, Google Cloud, and public hosts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackgen.facts import command_line
from stackgen.facts.containers import containers, words
from stackgen.facts.downloads import hub_models
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.record import record
from stackgen.regex import regex

_REMOTE = regex(r"(?:hf|s3|gs)://[^\s\"']+")
# A name on the Hugging Face Hub: an organization and a model, and no path.
_HUB_NAME = regex(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*\Z")
_GOOGLE_COMMAND = regex(r"\b(?:gsutil|gcloud\s+(?:alpha\s+)?storage|gcsfuse)\s")
# Commands that fetch from a public host, and the host that they name or use.
_FETCH = regex(r"\b(?:curl|wget|git\s+clone)\b(?P<options>[^|;&\n]*?)https://(?P<host>[\w.-]+)")
# Options by which curl connects to another address than that of the host.
_CONNECTS = regex(r"--(?:connect-to|resolve|proxy|unix-socket)\b|-x\b")
_PACKAGES = regex(r"\bpip3?\s+install\b(?P<options>[^|;&\n]*)")
# Ollama downloads where it runs: a client of another server downloads nothing.
_PULL = regex(r"\bollama\s+(?:pull|run)\s")
_ITSELF = regex(r"(?:https?://)?(?:0\.0\.0\.0|127\.0\.0\.1|localhost|:)")
_INSIDE = (".svc", ".local", ".internal", ".cluster.local")
_ELSEWHERE = frozenset(
    {
        "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_ENDPOINT", "HTTPS_PROXY", "https_proxy",
        "PIP_INDEX_URL", "PIP_PROXY", "ALL_PROXY",
    }
)  # fmt: skip
# Volumes that may have a model, and variables with the folder of a compilation cache.
_STORED = ("persistentVolumeClaim", "csi", "hostPath")
_CACHES = ("VLLM_XLA_CACHE_PATH", "JAX_COMPILATION_CACHE_DIR")
_BUCKETS = "gcsfuse.csi.storage.gke.io"


@record
class Download:
    """model: the URI or Hugging Face name; "" when none is certain. google: something is read from
    Google Cloud with the credentials of the Pod. others: public hosts that commands ask.
    """

    model: str = ""
    google: bool = False
    others: tuple[str, ...] = ()


def downloads_of(spec: Mapping[str, Any]) -> Download:
    """What the containers of a Pod download.

    A Pod with a PersistentVolumeClaim or a CSI volume may have the model already. One with a proxy
    or another endpoint asks an address that is not known here.
    """
    every = [container for _, container in containers(spec)]
    for container in every:
        names = {text(entry.get("name")) for _, entry in maps(container.get("env"))}
        if names & _ELSEWHERE:
            return Download()
    volumes = [volume for _, volume in maps(spec.get("volumes"))]
    buckets = any(as_dict(volume.get("csi")).get("driver") == _BUCKETS for volume in volumes)
    scripts = [word for container in every for _, word in words(container)]
    model = ""
    if not any(x in v for v in volumes for x in _STORED if not _of_compiler(v, every)):
        model = _model(every)
    named = (name for container in every for name in hub_models(container))
    model = model or next(filter(plain, named), "")
    script = " ".join(scripts)
    google = buckets or model.startswith("gs://") or bool(_GOOGLE_COMMAND.search(script))
    pulls = any(map(_pulls, every)) and not model
    others = (*_others(script), *(["registry.ollama.ai"] if pulls else []))
    return Download(model, google, tuple(dict.fromkeys(others)))


def _of_compiler(volume: Mapping[str, Any], every: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a volume holds the compilation cache of a server, and so no model."""
    used = False
    for container in every:
        env = [one for _, one in maps(container.get("env")) if one.get("name") in _CACHES]
        caches = [text(one.get("value")).rstrip("/") for one in env if one.get("value")]
        for _, mount in maps(container.get("volumeMounts")):
            if mount.get("name") == volume.get("name"):
                used = True
                if text(mount.get("mountPath")).rstrip("/") not in caches:
                    return False
    return used


def _pulls(container: Mapping[str, Any]) -> bool:
    """Whether a server of Ollama fetches a model when it starts."""
    hook = as_dict(as_dict(as_dict(container.get("lifecycle")).get("postStart")).get("exec"))
    host = next(
        (
            one.get("value")
            for _, one in maps(container.get("env"))
            if one.get("name") == "OLLAMA_HOST"
        ),
        "0.0.0.0",
    )
    itself = isinstance(host, str) and bool(_ITSELF.match(host))
    return itself and any(_PULL.search(word) for _, word in (*words(container), *words(hook)))


def _others(script: str) -> Iterator[str]:
    for fetch in _FETCH.finditer(script):
        host = fetch["host"]
        if _CONNECTS.search(fetch["options"]):
            continue
        if "." in host and not host.endswith(_INSIDE) and not host.rpartition(".")[2].isdecimal():
            yield host
    for found in _PACKAGES.finditer(script):
        options = found["options"]
        if not any(word in options for word in ("index", "://", "-i ", "-r ", "/", ".whl")):
            yield "pypi.org"


def _model(every: Iterable[Mapping[str, Any]]) -> str:
    for container in every:
        for _, word in words(container):
            found = _REMOTE.match(word)
            if found and plain(word):
                return found[0]
        line = command_line.read(container.get("command"), container.get("args"), {}, ())
        model = line.model.value if line.model is not None else line.text("model")
        engine = line.vllm or "vllm" in text(container.get("image"))
        if engine and model and _HUB_NAME.match(model):
            return model
    return ""
