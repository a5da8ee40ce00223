from __future__ import annotations

from stackgen.manifest.resource import Resource
from stackgen.rollout.applied import Folders


def config(file: str) -> Resource:
    name = file.rpartition("/")[2].removesuffix(".yaml")
    return Resource({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}, file)


def index(folder: str, *entries: str) -> Resource:
    data = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return Resource({**data, "resources": list(entries)}, f"{folder}/kustomization.yaml")


def names(folders: Folders, path: str) -> list[str] | None:
    found = folders.below(path)
    return None if found is None else [r.name for r in found]


def test_the_index_says_what_is_applied_and_in_which_order() -> None:
    folders = Folders([config("out/a/x.yaml"), config("out/a/y.yaml"), index("out/a", "y.yaml")])
    assert names(folders, "./out/a") == ["y"]


def test_without_an_index_all_files_below_are_applied() -> None:
    folders = Folders([config("out/a/x.yaml"), config("out/a/b/y.yaml"), config("out/c/z.yaml")])
    assert names(folders, "out/a") == ["x", "y"]


def test_an_index_refers_to_folders() -> None:
    inner = [index("out/a/b", "y.yaml"), config("out/a/b/y.yaml"), config("out/a/b/no.yaml")]
    assert names(Folders([index("out/a", "b"), *inner]), "./out/a") == ["y"]


def test_indexes_that_refer_to_each_other_come_to_an_end() -> None:
    folders = Folders(
        [index("out/a", "../b", "x.yaml"), index("out/b", "../a"), config("out/a/x.yaml")]
    )
    assert set(names(folders, "out/a") or ()) == {"x"}


def test_files_may_be_named_from_a_folder_above_the_repository() -> None:
    folders = Folders([config("/tmp/clone/out/a/x.yaml")])
    assert names(folders, "./out/a") == ["x"]


def test_a_path_of_another_repository_is_not_known() -> None:
    folders = Folders([config("out/a/x.yaml")])
    assert names(folders, "./config/overlays") is None
    assert names(folders, "./ut/a") is None


def test_manifests_may_be_read_from_a_folder_inside_the_repository() -> None:
    folders = Folders([config("before/a/x.yaml")])
    folders.settle(["./out/prod/a", "./config/overlays"])
    assert names(folders, "./out/prod/a") == ["x"]
    assert names(folders, "./out/prod/b") is None


def test_a_folder_with_an_index_below_one_without_says_what_is_applied() -> None:
    files = [config("top/a/listed.yaml"), config("top/a/other.yaml"), config("top/a/b/deep.yaml")]
    folders = Folders([index("top/a", "listed.yaml"), *files, config("top/a-b/own.yaml")])
    assert sorted(names(folders, "top") or ()) == ["listed", "own"]
