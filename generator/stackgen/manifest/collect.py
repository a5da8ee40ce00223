"""What `lint` is given, read into a bundle of foreign manifests."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from stackgen.errors import UsageError
from stackgen.manifest import embedded, guides, helm, helmfile, shell
from stackgen.manifest.document import Document, Mark, Source, YamlProblem
from stackgen.manifest.excluded import Excluded, Why
from stackgen.manifest.inputs import Read, texts
from stackgen.manifest.kustomize import DATA, PATCHES
from stackgen.manifest.objects import in_guide, objects_in, of_dashboard
from stackgen.manifest.program_files import of_program
from stackgen.manifest.resource import RENDERED, Bundle, Resource, Written
from stackgen.manifest.template_defaults import always_true
from stackgen.manifest.tested import inputs_of, without_inputs
from stackgen.manifest.yaml_errors import TEMPLATE, helm_name
from stackgen.manifest.yaml_in import parse
from stackgen.reading import read_text
from stackgen.redact import remember
from stackgen.regex import regex
from stackgen.wording import few

if TYPE_CHECKING:
    from stackgen.manifest.charts import Rendered

# Where programs keep the templates that they render, among them Ansible and Helmfile.
_TEMPLATES = regex(r"(^|/)(templates/|helmfile[^/]*$)|\.gotmpl$")
# A line of a template that makes no line itself.
_ACTION = regex(r"(?m)^[ \t]*\{\{[^{}\n]*\}\}[ \t]*$")
_EMPTY = "holds nothing"
_CHARTS = 60  # that are rendered because they were found
_NAMED = 3  # of the files that were left out

# What delivers charts beside Applications and HelmReleases, in the form of these or of what helm
# installs.
Deliverers: TypeAlias = "Callable[[Bundle, list[Source]], list[Resource]]"


@dataclass
class Collected:
    """The manifests, the texts they stand in, and what was skipped.

    problems: what the YAML does wrong. unreadable: files that are not YAML at all. excluded: what
    was left out, and by what. scripts: shell scripts and Terraform files, which say what else there
    is, with their values. removing: scripts that remove what others make. settings: documents that
    are no objects, such as values of charts. parts: files of which kustomizations make a part of an
    object, such as patches. tested: files that are the input of tests. counted:
    objects that others make. guided: objects in pages of Markdown. commands: those of such pages,
    at their places.
    """

    bundle: Bundle
    sources: list[Source] = field(default_factory=list)
    problems: list[tuple[Source, YamlProblem]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unreadable: bool = False
    excluded: list[tuple[str, Why]] = field(default_factory=list)
    scripts: list[Source] = field(default_factory=list)
    removing: list[Source] = field(default_factory=list)
    settings: list[Resource] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    tested: list[str] = field(default_factory=list)
    counted: list[Resource] = field(default_factory=list)
    guided: list[Resource] = field(default_factory=list)
    commands: list[Source] = field(default_factory=list)


def _none(_bundle: Bundle, _scripts: list[Source]) -> list[Resource]:
    return []


def collect(
    paths: Collection[str],
    kustomize: Iterable[str] = (),
    charts: Collection[str] = (),
    values: tuple[str, ...] = (),
    excluded: Excluded = Excluded(),  # noqa: B008
    deliverers: Deliverers = _none,
) -> Collected:
    """Read every manifest at `paths`, and what Kustomize and Helm render.

    kustomize: folders. charts: Helm charts, rendered with the files `values`. excluded: what is
    left out of the folders in `paths`. Charts in these folders are rendered, too, without helm.
    deliverers: what of the objects, the settings and the scripts delivers charts beside objects.
    Raises UsageError for paths that cannot be read, and when Kustomize or Helm fails.
    """
    collected = Collected(Bundle(()))
    resources: list[Resource] = []
    patches: list[Document] = []
    dashboards: list[Resource] = []
    given = {os.path.normpath(chart) for chart in charts}
    found: list[Read] = []  # charts, which are rendered when all that delivers them is known
    for read in texts(paths, excluded):
        collected.scripts.extend(embedded.scripts(read.name, read.text or read.workflow))
        if read.excluded:
            collected.excluded.append((read.name, read.excluded))
        elif read.index:
            resources.extend(_indexes(read.index, read.name))
        elif read.workflow:
            collected.settings.extend(_workflow(read.workflow, read.name, collected))
        elif read.script and read.removes:
            collected.removing.append(Source(read.name, read.script))
        elif read.script:
            collected.scripts.append(Source(read.name, read.script))
            manifests = shell.manifests(read.script) if read.name.endswith(shell.SUFFIXES) else ""
            if manifests:
                resources.extend(_of_script(manifests, read.name, collected))
        elif read.guide:
            _guide(read.guide, read.name, collected)
        elif read.found and read.found not in given and len(found) < _CHARTS:
            found.append(read)
            collected.settings.extend(_of_parts(read.found, collected))
        elif read.text is None:
            patches += parse(read.patch, read.name) if read.patch else ()
            collected.parts += [read.name] if read.remark.endswith((DATA, PATCHES)) else ()
            dashboards += [of_dashboard(read)] if read.dashboard else ()
            if read.found:
                collected.settings.extend(_of_parts(read.found, collected))
            collected.notes.append(f"{read.name}: {read.remark or _EMPTY}")
            collected.unreadable |= read.lost
        elif (read.chart and _values(read.text, read.name, read.chart, collected)) or (
            _of_helmfile(read.text, read.name, collected)
        ):
            continue
        else:
            resources.extend(_resources(read.text, read.name, collected))
    _of_charts(found, paths, resources, collected, deliverers)
    for folder in kustomize:
        resources.extend(_kustomized(folder, collected))
    for chart in charts:
        resources.extend(_resources(helm.render(chart, values), f"{chart}{RENDERED}", collected))
        for file in values:
            _values(read_text(file), file, chart, collected)
    _once(collected)
    collected.notes.extend(_left_out(collected.excluded))
    resources, inputs = without_inputs(resources, collected.tested)
    collected.notes.extend(f"{name}: the input of a test, skipped" for name in inputs)
    collected.bundle = Bundle(
        tuple(resources),
        outside=tuple(collected.counted),
        patches=tuple(patches),
        dashboards=tuple(dashboards),
    )
    # What an object is called is public, also where a Secret has the same value.
    remember((), (one.name for one in resources))
    return collected


def _left_out(excluded: list[tuple[str, Why]]) -> Iterator[str]:
    """What was left out, in a line for each reason."""
    for why in sorted({why for _, why in excluded}):
        names = [name for name, by in excluded if by == why]
        yield f"{few(names, _NAMED)}: left out by {why}"


def collect_text(text: str, name: str) -> Collected:
    """The manifests of one text, such as that of a file that an editor has open."""
    collected = Collected(Bundle(()))
    resources = tuple(_resources(text, name, collected))
    _once(collected)
    collected.bundle = Bundle(resources)
    return collected


def _resources(text: str, name: str, collected: Collected) -> Iterator[Resource]:
    from stackgen.manifest.written import Templates

    if name.endswith(".gotmpl"):
        text = _ACTION.sub("", text)
    documents = parse(text, name)
    collected.sources.extend(one.source for one in documents[:1])
    if not documents:
        collected.notes.append(f"{name}: {_EMPTY}")
    templates = Templates(text)
    braces = "{{" in text or "{%" in text
    for document in documents:
        data = document.data
        settings = isinstance(data, dict) and data and not {"apiVersion", "kind"} & data.keys()
        if settings and not helm_name(data):
            # What YAML makes of the settings of other programs is no concern of kubectl.
            # Hidden files of settings, such as .stackgen.yaml, are in every folder.
            said = "skipped"
            if not any(p.fatal for p in document.problems):
                said = "read as settings of a program"
                collected.settings.append(Resource(data, name, document=document))
            if not os.path.basename(name).startswith("."):
                collected.notes.append(f"{name}:{document.line}: not a Kubernetes object, {said}")
            continue
        problems = [*document.problems, *_template(document)]
        if name.endswith(shell.SUFFIXES) and any(p.fatal for p in problems):
            said = "no manifest before the script fills it in, skipped"
            collected.notes.append(f"{name}:{document.line}: {said}")
            continue
        if name.endswith(".json") and any(p.fatal for p in problems) and "apiVersion" not in text:
            collected.notes.append(f"{name}:{document.line}: neither JSON nor a manifest, skipped")
            continue
        if braces and any(p.fatal for p in problems) and _TEMPLATES.search(name):
            said = "a template of another program, skipped"
            collected.notes.append(f"{name}:{document.line}: {said}")
            continue
        if any(p.fatal for p in problems) or not isinstance(document.data, list):  # else Ansible's
            collected.problems.extend((document.source, p) for p in problems)
        if any(p.fatal for p in problems):
            collected.unreadable = True
            continue
        written = templates.of(document)
        for found in objects_in(document.data, (), document):
            read_by = of_program(found) if isinstance(found, Resource) else None
            if isinstance(found, Resource) and read_by is not None:
                collected.tested.extend(inputs_of(found))
                collected.notes.append(f"{name}:{document.line}: {read_by}")
            elif isinstance(found, Resource):
                yield replace(found, written=written) if written else found
            else:
                where = f"{name}:{found.line if found else document.line}"
                collected.notes.append(f"{where}: not a Kubernetes object, skipped")


def _of_script(text: str, name: str, collected: Collected) -> Iterator[Resource]:
    """The manifests of a script, one by one: one that is no YAML hides none after it."""
    before = len(collected.sources)
    for part in shell.parts(text):
        yield from _resources(part, name, collected)
    collected.sources[before:] = [Source(name, text)]


def _guide(text: str, name: str, collected: Collected) -> None:
    """What a page of Markdown shows."""
    commands = guides.commands(text)
    if commands:
        collected.commands.append(Source(name, commands))
    manifests = guides.manifests(text)
    if manifests:
        collected.guided.extend(in_guide(manifests, name))
        collected.sources.append(Source(name, manifests))


def _values(text: str, name: str, chart: str, collected: Collected) -> bool:
    """Compare values with what the chart reads. False if the file holds something else."""
    documents = parse(text, name)
    if len(documents) != 1 or any(p.fatal for p in documents[0].problems):
        return False
    document = documents[0]
    if not isinstance(document.data, dict) or {"apiVersion", "kind"} <= document.data.keys():
        return False
    collected.sources.append(document.source)
    collected.settings.append(Resource(document.data, name, document=document))
    found = [*document.problems, *helm.value_problems(chart, document)]
    collected.problems.extend((document.source, problem) for problem in found)
    collected.notes.append(f"{name}: values of {chart}, compared with what its templates read")
    return True


def _of_helmfile(text: str, name: str, collected: Collected) -> bool:
    """Add what helmfile reads of a template. False if only helmfile can evaluate it."""
    if not helmfile.is_helmfile(name):
        return False
    try:
        made = helmfile.rendered(text, name)
    except UsageError as error:
        collected.notes.append(f"{name}: not evaluated: {error}")
        return False
    found = [*always_true([made.source], made.values), *helmfile.unread(made)]
    collected.sources.extend(dict.fromkeys((made.source, *(one for one, _ in found))))
    collected.settings.extend(made.settings)
    collected.problems.extend(found)
    collected.notes.append(f"{name}: a helmfile, {made.said}")
    return True


def _of_parts(chart: str, collected: Collected) -> Iterator[Resource]:
    """The title and the default values of a chart that depends on others."""
    try:
        texts_of = [(read_text(file), file) for file in helm.titles(chart)]
    except UsageError:
        return  # what cannot be read is said where the chart is rendered
    for text, file in texts_of:
        documents = parse(text, file)
        if len(documents) == 1 and isinstance(documents[0].data, dict):
            collected.sources.append(documents[0].source)
            yield Resource(documents[0].data, file, document=documents[0])


def _root(chart: str, paths: Collection[str]) -> str:
    """The named folder that a chart is in."""
    inside = [p for p in paths if f"{chart}/".startswith(f"{os.path.normpath(p)}/")]
    return os.path.normpath(inside[0]) if inside else "."


def _of_charts(
    found: list[Read],
    paths: Collection[str],
    resources: list[Resource],
    collected: Collected,
    deliverers: Deliverers,
) -> None:
    """Add what the charts of folders make. Those that deliver others are rendered before them."""
    from stackgen.manifest.chart_deliveries import deliveries, delivering, delivers

    def known_now() -> list[Resource]:
        bundle = Bundle(tuple(resources), settings=tuple(collected.settings))
        return delivering([*resources, *deliverers(bundle, collected.scripts)])

    def waits(read: Read) -> bool:
        try:
            return not deliveries(read.found, _root(read.found, paths), known)
        except UsageError:
            return True

    first = {read.name for read in found if len(found) > 1 and delivers(read.found)}
    left = list(found)
    known = known_now() if left else []
    while left:
        read = min(left, key=lambda one: (one.name not in first, one.name in first and waits(one)))
        left.remove(read)
        resources.extend(_of_chart(read, _root(read.found, paths), known, collected))
        if left and read.name in first:
            known = known_now()


def _of_chart(
    read: Read, root: str, known: list[Resource], collected: Collected
) -> Iterator[Resource]:
    """What a chart of a folder makes; a remark where only helm can say it."""
    from stackgen.manifest import charts

    wrong = helm.default_problems(read.found)
    if wrong is not None:
        collected.sources.append(wrong[0].source)
        collected.problems.extend((wrong[0].source, problem) for problem in wrong[1])
        if any(problem.fatal for problem in wrong[1]):
            collected.unreadable = True
            return
    collected.problems.extend(always_true(*helm.templates_of(read.found)))
    if charts.is_library(read.found):
        collected.notes.append(f"{read.name}: a Helm chart with templates for others")
        return
    try:
        several = charts.rendered(read.found, root, known)
    except UsageError as error:
        collected.notes.append(f"{read.name}: a Helm chart, not rendered: {error}; {read.remark}")
        return
    for one in several:
        missing = f", without {', '.join(one.made.missing)}" if one.made.missing else ""
        collected.notes.append(f"{read.name}: a Helm chart, rendered with {one.said}{missing}")
        yield from _of_release(one, collected)


def _of_release(release: Rendered, collected: Collected) -> Iterator[Resource]:
    from stackgen.manifest import charts

    made = release.made
    stream = Collected(Bundle(()))
    at = partial(charts.line_of, made)
    several = list(_resources(made.text, release.file, stream))
    if stream.unreadable:
        stream = Collected(Bundle(()))
        several = list(_of_script(made.text, release.file, stream))
    starts = sorted({one.document.line for one in several if one.document is not None})
    for one in several:
        line = one.document.line if one.document is not None else 1
        end = next((start for start in starts if start > line), len(made.lines) + 1)
        template = made.lines[min(line, len(made.lines)) - 1][0]
        if not charts.is_test(one.data):
            unset = charts.unset_in(one, release, end)
            note = "the template it is made from"
            about = (release.space, release.guessed, unset, release.by)
            written = Written(template, note, None, at, *about)
            yield replace(charts.without_drawn(one, made), written=written)
    collected.sources.extend(stream.sources)
    for source, problem in stream.problems:
        made_by = charts.line_of(made, problem.mark.line) or (source, problem.mark.line)
        if not problem.fatal:
            continue  # such as a label that occurs twice: helm takes the last one
        if charts.lacks_values(release, problem.mark.line):
            said = "no YAML before its values are set, skipped"
            collected.notes.append(f"{made_by[0].name}:{made_by[1]}: {said}")
            continue
        moved = replace(problem, mark=Mark(made_by[1], 1, 2), other=None)
        collected.problems.append((made_by[0], moved))
    collected.counted.extend(
        Resource(one.data, "")
        for one in parse(made.counted, release.file)
        if isinstance(one.data, dict) and isinstance(one.data.get("kind"), str)
    )


def _indexes(text: str, name: str) -> Iterator[Resource]:
    """A kustomization, which need not say its apiVersion and kind."""
    for document in parse(text, name):
        if isinstance(document.data, dict) and not any(p.fatal for p in document.problems):
            yield Resource(document.data, name, document=document, index=True)


def _workflow(text: str, name: str, collected: Collected) -> Iterator[Resource]:
    """The jobs of a file. What is no YAML is left to the program that runs them."""
    documents = parse(text, name)
    fatal = any(problem.fatal for one in documents for problem in one.problems)
    if len(documents) == 1 and isinstance(documents[0].data, dict) and not fatal:
        collected.sources.append(documents[0].source)
        yield Resource(documents[0].data, name, document=documents[0])


def _kustomized(folder: str, collected: Collected) -> Iterator[Resource]:
    from stackgen.manifest import kustomize
    from stackgen.manifest.written import Originals

    text = kustomize.render(folder)
    resources = list(_resources(text, f"{folder}{RENDERED}", collected))
    few = len(resources) <= kustomize.MAX_ORIGINS
    originals = Originals(kustomize.origins(folder) if few else {})
    for resource in resources:
        yield replace(resource, written=originals.of(resource))
    known = {source.name for source in collected.sources}
    for document in originals.documents():
        if document.source.name not in known:
            known.add(document.source.name)
            collected.sources.append(document.source)


def _template(document: Document) -> Iterator[YamlProblem]:
    path = helm_name(document.data)
    mark = document.marks().at(path) if path else None
    if mark is not None:
        yield YamlProblem("yaml-syntax", TEMPLATE, mark, fatal=True)


def _once(collected: Collected) -> None:
    """Of files that are templates, the first is reported; the others are counted."""
    first: int | None = None
    kept: list[tuple[Source, YamlProblem]] = []
    others = 0
    for source, problem in collected.problems:
        if problem.message == TEMPLATE and first is not None:
            others += 1
            continue
        if problem.message == TEMPLATE:
            first = len(kept)
        kept.append((source, problem))
    if first is not None and others:
        source, problem = kept[first]
        more = f"; {others} more file{'s are' if others > 1 else ' is'} like it"
        kept[first] = (source, replace(problem, message=problem.message + more))
    collected.problems = kept
