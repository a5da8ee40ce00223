"""The catalog: explicit look-ups over the built-in rows and the user's own.

A row of the user's (`catalog/` beside stack.yaml) replaces the built-in row of the same name as a
whole, so its source and date speak for every figure in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from stackgen import paths
from stackgen.catalog.rows import Row, Shelf, row_of
from stackgen.manifest.shipped import shipped_file
from stackgen.reading import listing

FILES: Mapping[str, str] = {
    "accelerator": "accelerators.yaml",
    "machine": "machines.yaml",
    "topology": "topologies.yaml",
    "model": "models.yaml",
    "renamed": "renamed.yaml",
    "image": "images.yaml",
    "registry": "registries.yaml",
    "region": "regions.yaml",
    "price": "prices.yaml",
    "gke": "gke.yaml",
    "sizing": "sizing.yaml",
    "throughput": "throughput.yaml",
    "roofline": "roofline.yaml",
    "startup": "startup.yaml",
    "transfer": "transfer.yaml",
    "readiness": "readiness.yaml",
    "controller": "controllers.yaml",
    "metrics": "metrics.yaml",
    "picker": "pickers.yaml",
    "feature": "features.yaml",
    "companion": "companions.yaml",
    "change": "changes.yaml",
}
RELEASES = "releases"
NEWEST = "newest"
# The components whose schemas a release row names, in the order in which they are asked: KServe
# ships definitions of InferencePool too, and its own win.
_COMPONENTS = (
    "kserve", "gateway_api", "gateway_inference_extension", "istio", "sail_operator",
    "cert_manager_operator", "lws_operator",
)  # fmt: skip


class Catalog:
    """Rows by kind and name. Files are read when first asked for.

    user: rows of the user's own, by kind and name (see `catalog.user`).
    """

    def __init__(self, user: Mapping[str, Mapping[str, Row]] | None = None) -> None:
        self._user = user or {}
        self._used: dict[tuple[str, str], Row] = {}
        self._counted: tuple[Row, ...] | None = None

    def row(self, kind: str, name: str) -> Row | None:
        """The row `name` of one of FILES' kinds, or `release`; None when there is none."""
        row = self._user.get(kind, {}).get(name)
        if row is None:
            row = _release(name) if kind == "release" else _shelf(kind).row(name)
        if row is not None:
            self._used[row.file, row.key] = row
        return row

    def names(self, kind: str) -> list[str]:
        """Every name of `kind`: for did-you-mean and for listings."""
        built_in = _release_names() if kind == "release" else _shelf(kind).keys()
        return [*built_in, *(n for n in self._user.get(kind, {}) if n not in built_in)]

    def rows(self, kind: str) -> Iterator[Row]:
        """Every row of `kind`. Parses the whole file: not for the path of every build."""
        for name in self.names(kind):
            row = self.row(kind, name)
            if row is not None:
                yield row

    def used(self) -> list[Row]:
        """The rows that were looked up so far, by file and name."""
        if self._counted is not None:
            return list(self._counted)
        return [self._used[key] for key in sorted(self._used)]

    def copy(self) -> Catalog:
        """The same rows, of which none counts as used."""
        return Catalog(self._user)

    def read_only(self) -> Catalog:
        """The same rows. What is looked up from now on does not count as used."""
        found = Catalog(self._user)
        found._counted = tuple(self.used())
        return found

    def replaced(self, kinds: Iterable[str]) -> Iterator[tuple[Row, Row]]:
        """The user's rows that stand in for a built-in one, each with that one."""
        for kind in kinds:
            for name, row in self._user.get(kind, {}).items():
                built_in = _shelf(kind).row(name)
                if built_in is not None:
                    yield row, built_in

    # -- look-ups -------------------------------------------------------------------------

    def accelerator(self, name: str) -> Row | None:
        """A TPU generation (`v6e`) or GPU type (`l4`)."""
        return self.row("accelerator", name)

    def accelerator_of_label(self, label: str) -> Row | None:
        """The accelerator whose node label has this value (`tpu-v6e-slice`)."""
        for row in self.rows("accelerator"):
            if label == row.data["label"] or label in row.data.get("other_labels", ()):
                return row
        return None

    def machine(self, name: str) -> Row | None:
        """A machine type (`ct6e-standard-4t`)."""
        return self.row("machine", name)

    def machines_of(self, accelerator: str) -> list[Row]:
        """The machine types that carry an accelerator, in file order."""
        return [r for r in self.rows("machine") if r.data.get("accelerator") == accelerator]

    def topologies(self, generation: str) -> list[Row]:
        """The slices of a TPU generation, in file order: smallest first."""
        prefix = generation + "/"
        names = (n for n in self.names("topology") if n.startswith(prefix))
        return [row for n in names if (row := self.row("topology", n)) is not None]

    def topology(self, generation: str, topology: str, machine: str | None = None) -> Row | None:
        """One slice. Without a machine type, of several the one with the fewest hosts."""
        if machine is not None:
            return self.row("topology", f"{generation}/{topology}/{machine}")
        rows = [r for r in self.topologies(generation) if r.data["topology"] == topology]
        return min(rows, key=lambda r: r.data["hosts"], default=None)

    def model(self, model_id: str) -> Row | None:
        """A model by its Hugging Face id (`Qwen/Qwen2.5-3B-Instruct`), or by a former one."""
        return self.row("model", model_id) or self.row("model", self.current_id(model_id))

    def current_id(self, model_id: str) -> str:
        """The id that a model has now: Hugging Face redirects a former one to it."""
        row = self.row("renamed", model_id)
        return model_id if row is None else str(row.data["model"])

    def image(self, repository: str, tag: str = "") -> Row | None:
        """A serving image; for an unlisted tag (or a digest) what holds for any of them."""
        return self.row("image", f"{repository}:{tag}") or self.row("image", f"{repository}:*")

    def registry(self, image: str) -> Row | None:
        """The row of an image's registry: the longest path of the name, else a domain of the host.

        image: registry and repository, without tag and digest (`ghcr.io/org/name`).
        """
        parts = image.split("/")
        names = ["/".join(parts[:n]) for n in range(len(parts), 0, -1)]
        labels = parts[0].partition(":")[0].split(".")
        names += [".".join(labels[n:]) for n in range(1, len(labels))]
        return next((row for n in names if (row := self.row("registry", n)) is not None), None)

    def price(self, item: str, region: str) -> Row | None:
        """Prices of a TPU generation, machine type or `gke-cluster` in a region."""
        return self.row("price", f"{item}/{region}") or self.row("price", f"{item}/all")

    def machine_price(self, machine: str, region: str) -> tuple[Row, int] | None:
        """The price row of a machine type in a region, and how many of its units a machine pays.

        A machine that has no price of its own pays the price of its series for each vCPU.
        """
        own = self.price(machine, region)
        row = self.machine(machine)
        if own is not None or row is None or "series" not in row.data:
            return None if own is None else (own, 1)
        series = self.price(row.data["series"], region)
        return None if series is None else (series, row.data["vcpu"])

    def price_regions(self, item: str) -> list[str]:
        """The regions for which prices of `item` are known."""
        prefix = item + "/"
        return [n[len(prefix) :] for n in self.names("price") if n.startswith(prefix)]

    def region(self, name: str) -> Row | None:
        """A region of Google Cloud (`europe-west4`) with its zones."""
        return self.row("region", name)

    def gke(self, name: str) -> Row:
        """A fact about GKE itself (`node-reservation`). Raises KeyError for an unknown name."""
        row = self.row("gke", name)
        if row is None:
            raise KeyError(name)
        return row

    def sizing(self, name: str) -> Row:
        """An assumption of the planner (`startup-budget`). Raises KeyError for an unknown name."""
        row = self.row("sizing", name)
        if row is None:
            raise KeyError(name)
        return row

    def roofline(self, name: str) -> Row:
        """What is known of speed beyond measured points. Raises KeyError for an unknown name."""
        row = self.row("roofline", name)
        if row is None:
            raise KeyError(name)
        return row

    def readiness(self, group: str, kind: str) -> Row | None:
        """When objects of a kind are ready: the row of the kind, or of all kinds of its group."""
        row = self.row("readiness", f"{kind}.{group}" if group else kind)
        return self.row("readiness", f"any.{group}") if row is None and group else row

    def release(self, name: str) -> Row | None:
        """A platform release (`catalog/releases/<name>.yaml`)."""
        return self.row("release", name)

    def variants(self, release: str) -> tuple[str, ...]:
        """The variants of API schemas that a release row names, first match wins.

        Empty without a release: the newest APIs are meant. Raises KeyError for an unknown release.
        """
        if not release:
            return ()
        row = self.copy().release(release)
        if row is None:
            raise KeyError(release)
        labels = (row.data["schemas"][component] for component in _COMPONENTS)
        return tuple(label for label in labels if label != NEWEST)


# The built-in files are read once in a process.


@cache
def _shelf(kind: str) -> Shelf:
    return Shelf(FILES[kind], shipped_file(paths.catalog(FILES[kind])))


@cache
def _release(name: str) -> Row | None:
    if name not in _release_names():
        return None
    file = f"{RELEASES}/{name}.yaml"
    return row_of(file, name, shipped_file(paths.catalog(file)))


def _release_names() -> list[str]:
    found = listing(paths.catalog(RELEASES))
    return [n.removesuffix(".yaml") for n in found if n.endswith(".yaml")]
