"""From where the containers of a Pod download a model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.facts import command_line
from stackgen.facts.shape import maps, plain, text

_REMOTE = re.compile(r"(?:hf|s3|gs)://[^\s\"']+")
# A name on the Hugging Face Hub: an organization and a model, and no path.
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*\Z")
_ELSEWHERE = frozenset(
    {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_ENDPOINT", "HTTPS_PROXY", "https_proxy"}
)


def downloads_from(spec: Mapping[str, Any]) -> str:
    """The URI or Hugging Face name of the model that the Pod downloads; "" when none is certain.

    A Pod with a PersistentVolumeClaim or a CSI volume may have the model already. One with a proxy
    or another endpoint asks an address that is not known here.
    """
    volumes = [volume for _, volume in maps(spec.get("volumes"))]
    if any(x in volume for volume in volumes for x in ("persistentVolumeClaim", "csi", "hostPath")):
        return ""
    containers = list(_containers(spec))
    for container in containers:
        names = {text(entry.get("name")) for _, entry in maps(container.get("env"))}
        if names & _ELSEWHERE:
            return ""
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
