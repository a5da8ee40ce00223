"""From where the containers of a Pod download a model, and what else their commands fetch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.facts import command_line
from stackgen.facts.shape import as_dict, maps, plain, text
from stackgen.record import record

_REMOTE = re.compile(r"(?:hf|s3|gs)://[^\s\"']+")
# A name on the Hugging Face Hub: an organization and a model, and no path.
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*\Z")
_HUB_COMMAND = re.compile(r"\b(?:huggingface-cli|hf)\s+download\s+(?:-\S+\s+)*([\w.-]+/[\w.-]+)")
_GOOGLE_COMMAND = re.compile(r"\b(?:gsutil|gcloud\s+(?:alpha\s+)?storage|gcsfuse)\s")
# Commands that fetch from a public host, and the host that they name or use.
_FETCH = re.compile(
    r"\b(?:curl|wget|git\s+clone)\b(?P<options>[^|;&\n]*?)https://(?P<host>[\w.-]+)"
)
# Options by which curl connects to another address than that of the host.
_CONNECTS = re.compile(r"--(?:connect-to|resolve|proxy|unix-socket)\b|-x\b")
_PACKAGES = re.compile(r"\bpip3?\s+install\b(?P<options>[^|;&\n]*)")
_INSIDE = (".svc", ".local", ".internal", ".cluster.local")
_ELSEWHERE = frozenset(
    {
        "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_ENDPOINT", "HTTPS_PROXY", "https_proxy",
        "PIP_INDEX_URL", "PIP_PROXY", "ALL_PROXY",
    }
)  # fmt: skip
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
    containers = list(_containers(spec))
    for container in containers:
        names = {text(entry.get("name")) for _, entry in maps(container.get("env"))}
        if names & _ELSEWHERE:
            return Download()
    volumes = [volume for _, volume in maps(spec.get("volumes"))]
    buckets = any(as_dict(volume.get("csi")).get("driver") == _BUCKETS for volume in volumes)
    words = [word for container in containers for word in _words(container)]
    model = ""
    if not any(x in v for v in volumes for x in ("persistentVolumeClaim", "csi", "hostPath")):
        model = _model(containers)
    found = next((x[1] for word in words if (x := _HUB_COMMAND.search(word))), "")
    model = model or (found if plain(found) else "")
    script = " ".join(words)
    google = buckets or model.startswith("gs://") or bool(_GOOGLE_COMMAND.search(script))
    return Download(model, google, tuple(dict.fromkeys(_others(script))))


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


def _model(containers: list[Mapping[str, Any]]) -> str:
    for container in containers:
        for word in _words(container):
            found = _REMOTE.match(word)
            if found and plain(word):
                return found[0]
        line = command_line.read(container.get("command"), container.get("args"), {}, ())
        model = line.model.value if line.model is not None else line.text("model")
        engine = line.vllm or "vllm" in text(container.get("image"))
        if engine and model and _HUB_NAME.match(model):
            return model
    return ""


def _containers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for section in ("initContainers", "containers"):
        for _, container in maps(spec.get(section)):
            yield container


def _words(container: Mapping[str, Any]) -> Iterator[str]:
    for field in ("command", "args"):
        value = container.get(field)
        for word in value if isinstance(value, list) else ():
            if isinstance(word, str):
                yield word
