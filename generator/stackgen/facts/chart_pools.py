"""InferencePools that charts make, as far as the input says what it gives to the charts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.catalog.charts import meaning
from stackgen.facts.application_sets import sources
from stackgen.facts.chart_values import Install, installs
from stackgen.facts.object_references import plain_name
from stackgen.facts.shape import as_dict, as_list, at, maps, plain, text
from stackgen.findings.model import Place
from stackgen.manifest.resource import Bundle, Resource
from stackgen.record import record

_OF_PICKER = ("ConfigMap", "Deployment", "Role", "Service", "ServiceAccount")
_LONGEST = 40  # characters of the name of a release in that of its endpoint picker


@record
class ChartPool:
    """An InferencePool of a chart, called as the release.

    namespace: "" where the input does not say it. labels, ports: what the pool selects; empty where
    it is not known. group: its API group; "" where it is not known.
    provider: in lower case; "" where it is not known. plain_text: whether the
    values say that the endpoint picker serves no TLS, or may say so.
    """

    install: Install
    name: str
    namespace: str
    labels: Mapping[str, str]
    ports: tuple[int, ...]
    group: str
    provider: str
    plain_text: bool

    @property
    def picker_labels(self) -> dict[str, str]:
        """The labels of the Pods of the endpoint picker; empty if they are not known."""
        given = as_dict(_row(self.install).get("pods"))
        return {key: str(value).replace("PICKER", self.picker) for key, value in given.items()}

    @property
    def policies(self) -> tuple[str, ...]:
        """The kinds of the policies that a known version of the chart makes for the pool."""
        chart, made = self.install.chart, as_dict(_row(self.install).get("policies"))
        return () if chart.far and chart.given else tuple(made.get(self.provider, ()))

    @property
    def picker(self) -> str:
        """The name of the Service of the endpoint picker."""
        return f"{self.name[:_LONGEST]}-epp"

    @property
    def objects(self) -> frozenset[tuple[str, str]]:
        """Kinds and names of what others may name: the pool, and what its endpoint picker has."""
        return frozenset({("InferencePool", self.name), *((x, self.picker) for x in _OF_PICKER)})

    @property
    def chart(self) -> str:
        """What messages call the chart."""
        return self.install.chart.shown

    def place(self, part: str, note: str = "") -> Place:
        """The place of `labels`, `ports` or `provider` in the values, or of what is nearest."""
        found = self.install.place(*_row(self.install)[part])
        return Place(found.resource, found.path, key=found.key, note=note)


def chart_pools(bundle: Bundle) -> list[ChartPool]:
    """The InferencePools that charts of the input make, found once."""
    return bundle.once(_chart_pools)


def chart_gateways(bundle: Bundle) -> Iterator[tuple[str, str, Resource]]:
    """The Gateways that charts of the input make: name, namespace and the release."""
    for install in installs(bundle):
        rules = meaning()["rules"].get(install.chart.chart, {})
        release = release_of(install)
        plainly = not install.values.get("fullnameOverride") and plain_name(release)
        if "gateway" in rules and plainly and at(install.values, "gateway", "enabled") is not False:
            yield f"{release}{rules['gateway']}", install.namespace, install.parts[0].by


def _chart_pools(bundle: Bundle) -> list[ChartPool]:
    found = []
    for install in installs(bundle):
        row, name = _row(install), release_of(install)
        if not row or not plain_name(name) or not plain(install.namespace):
            continue
        whole = whole_values(install)
        made = _said(install, row["made"], whole) if "made" in row else None
        if made is False:
            continue
        provider = _said(install, row["provider"], whole) if "provider" in row else "?"
        flags = _said(install, row["flags"], whole)
        found.append(
            ChartPool(
                install,
                name,
                install.namespace,
                _labels(_said(install, row["labels"], whole)),
                _ports(install, row, whole),
                _group(install, row, whole),
                _provider(provider),
                not whole or "secure-serving" in as_dict(flags),
            )
        )
    return found


def _row(install: Install) -> Mapping[str, Any]:
    found: Mapping[str, Any] = meaning()["rules"].get(install.chart.chart, {}).get("pool", {})
    return found


def release_of(install: Install) -> str:
    """The name of the release; "" where it is not known, or where there are several."""
    by, chart = install.parts[0].by, install.chart.chart
    if by.kind == "HelmInstall":
        return by.name
    if by.kind == "HelmRelease":
        space = text(by.get("spec", "targetNamespace"))
        composed = f"{space}-{by.name}" if space else by.name
        return text(by.get("spec", "releaseName")) or composed
    if by.kind == "Application":
        given = [one for _, one in sources(as_dict(by.get("spec")), ("spec",))]
        own = [one for one in given if text(one.get("chart")).rpartition("/")[2] == chart]
        return (text(at(own[0], "helm", "releaseName")) or by.name) if len(own) == 1 else ""
    return ""


def whole_values(install: Install) -> bool:
    """Whether the input has all values of the release."""
    by = install.parts[0].by
    if by.kind != "Application":
        return install.complete
    files = 0
    for _, source in sources(as_dict(by.get("spec")), ("spec",)):
        helm = as_dict(source.get("helm"))
        names = [text(one.get("name")) for _, one in maps(helm.get("parameters"))]
        if helm.get("fileParameters") or any("[" in one or "\\" in one for one in names):
            return False
        files += len(as_list(helm.get("valueFiles")))
    return files == sum(one.holder is not by for one in install.parts)


def _said(install: Install, path: list[str], whole: bool) -> Any:
    """The value that the release has; "?" where it is not known, None where nothing gives one.

    Several parts that give it may come in any order.
    """
    given = [at(one.values, *path) for one in install.parts]
    given = [one for one in given if one is not None]
    return "?" if not whole or len(given) > 1 else given[0] if given else None


def _labels(value: Any) -> dict[str, str]:
    labels = as_dict(value)
    known = all(isinstance(one, (str, int)) and plain(str(one)) for one in labels.values())
    return {key: str(one) for key, one in labels.items()} if known else {}


def _ports(install: Install, row: Mapping[str, Any], whole: bool) -> tuple[int, ...]:
    older = "older" in row and _said(install, row["older"], whole) not in (None, row["group"])
    given = _said(install, row["ports"], whole)
    unknown = install.chart.far and install.chart.given  # so is its default
    if older or given == "?" or (unknown and given is None):
        return ()
    if given is None:
        return (row["port"],)
    numbers = [one.get("number") for _, one in maps(given)]
    known = [one for one in numbers if isinstance(one, int) and not isinstance(one, bool)]
    return tuple(known) if len(known) == len(numbers) else ()


def _group(install: Install, row: Mapping[str, Any], whole: bool) -> str:
    """The API group of the pool, of charts whose values say it."""
    if "older" not in row or (install.chart.far and install.chart.given):
        return ""
    given = _said(install, row["older"], whole)
    version = row["group"] if given is None else given
    group, slash, _ = version.partition("/") if isinstance(version, str) else ("", "", "")
    return group if slash and plain(group) else ""


def _provider(value: Any) -> str:
    if value is None:
        return "none"
    known = isinstance(value, str) and value != "?" and plain(value)
    return value.lower() if known else ""
