"""In which order the delivery engine of a stack applies its folders."""

from __future__ import annotations

from graphlib import TopologicalSorter

import yaml

from tests.integration.rendered import Object, Stack

MANAGEMENT = "delivery/management-cluster/"
WORKLOAD = "delivery/workload-cluster/"


def folders(stack: Stack) -> list[str]:
    """The folders below `out/<env>` in the order of their application."""
    if stack.engine == "flux":
        return [folder for _, folder in kustomizations(stack)]
    if stack.engine == "argocd":
        return _of_argo(stack)
    return _of_index(stack, "")


def kustomizations(stack: Stack) -> list[tuple[str, str]]:
    """Flux's Kustomizations in an order that their `dependsOn` allows: file and folder."""
    found = {
        data["metadata"]["name"]: (file, data)
        for file, data in sorted(stack.files.items())
        if data["kind"] == "Kustomization" and file.startswith((MANAGEMENT, WORKLOAD))
    }
    after = TopologicalSorter[str]()
    for name, (_, data) in found.items():
        after.add(name, *(d["name"] for d in data["spec"].get("dependsOn", ())))
    order = list(after.static_order())
    return [(found[name][0], _below(stack, found[name][1]["spec"]["path"])) for name in order]


def earlier(stack: Stack) -> dict[str, set[str]]:
    """For each folder of the workload cluster, those that are ready before it begins."""
    if stack.engine == "argocd":
        order = _of_argo(stack)
        return {folder: set(order[:n]) for n, folder in enumerate(order)}
    by_name = {
        data["metadata"]["name"]: data
        for file, data in stack.files.items()
        if data["kind"] == "Kustomization" and file.startswith((MANAGEMENT, WORKLOAD))
    }
    found: dict[str, set[str]] = {}
    for file, folder in kustomizations(stack):
        after = stack.files[file]["spec"].get("dependsOn", ())
        names = [_below(stack, by_name[d["name"]]["spec"]["path"]) for d in after]
        found[folder] = set(names).union(*(found[name] for name in names))
    return found


def _of_argo(stack: Stack) -> list[str]:
    """The management cluster's folders, then those of the ApplicationSet, step by step."""
    found = [
        _below(stack, data["spec"]["source"]["path"])
        for file, data in stack.files.items()
        if file.startswith(MANAGEMENT) and data["kind"] == "Application"
    ]
    (spec,) = (d["spec"] for d in stack.files.values() if d["kind"] == "ApplicationSet")
    elements = spec["generators"][0]["list"]["elements"]
    for step in spec["strategy"]["rollingSync"]["steps"]:
        (expression,) = step["matchExpressions"]
        for element in elements:
            if element["name"] in expression["values"]:
                folder = _below(stack, element["path"])
                found += [folder, *_sources(stack, folder)]
    return found


def _sources(stack: Stack, folder: str) -> list[str]:
    """Folders of `out/` that the Applications of a folder apply beside a chart."""
    return [
        _below(stack, source["path"])
        for file, data in stack.files.items()
        if file.startswith(f"{folder}/") and data["kind"] == "Application"
        for source in data["spec"].get("sources", ())
        if source.get("path", "").startswith("out/")
    ]


def _of_index(stack: Stack, folder: str) -> list[str]:
    """The folders that hold objects, as the index files list them."""
    index = yaml.safe_load((stack.out / folder / "kustomization.yaml").read_text(encoding="utf-8"))
    found: list[str] = []
    for entry in index["resources"]:
        path = f"{folder}/{entry}".lstrip("/")
        if (stack.out / path).is_dir():
            found += _of_index(stack, path)
        elif folder not in found:
            found.append(folder)
    return found


def objects(stack: Stack, folder: str) -> list[Object]:
    """The objects of a folder, without those of the folders in it."""
    return [d for f, d in stack.files.items() if f.rpartition("/")[0] == folder]


def _below(stack: Stack, path: str) -> str:
    return path.removeprefix("./").removeprefix(f"out/{stack.env}/")
