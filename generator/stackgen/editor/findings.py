"""The findings of the files that are open in an editor, with the text as it is there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date

from stackgen.checks import registry
from stackgen.checks.schema import yaml_problems
from stackgen.compiler import Compiled, compile_environment, read_inputs
from stackgen.findings.model import Located
from stackgen.findings.pipeline import Options, conclude
from stackgen.manifest.collect import collect_text
from stackgen.record import record
from stackgen.repository import context_of, open_repository
from stackgen.spec.overlays import FOLDER, SPEC_FILE


@record
class SpecFile:
    """A file of a stack. root: the folder of stack.yaml. name: the path below it, with slashes."""

    root: str
    name: str


def spec_file(path: str) -> SpecFile | None:
    """The stack that `path` is a file of; None for another file."""
    folder, base = os.path.split(os.path.abspath(path))
    if base != SPEC_FILE:
        return None
    above, env = os.path.split(folder)
    top, overlays = os.path.split(above)
    if overlays == FOLDER and os.path.lexists(os.path.join(top, SPEC_FILE)):
        return SpecFile(top, f"{FOLDER}/{env}/{SPEC_FILE}")
    return SpecFile(folder, SPEC_FILE)


def compiled(root: str, texts: Mapping[str, str], *, prove: bool) -> list[Compiled]:
    """Every environment of the stack in `root`. texts: those of open files, by path below it.

    Raises UsageError for files that cannot be used.
    """
    inputs = read_inputs(root)
    inputs.texts.update(texts)
    return [
        compile_environment(root, env, prove=prove, inputs=inputs) for env in inputs.environments
    ]


def of_stack(root: str, texts: Mapping[str, str], options: Options) -> dict[str, list[Located]]:
    """What `build` finds, by file of the spec; each finding once, and not those accepted."""
    made = compiled(root, texts, prove=True)
    found: dict[str, list[Located]] = {}
    for one in made:
        found.update((source.name, []) for source in one.sources if source.name not in found)
    outcome = conclude(
        [finding for one in made for finding in one.findings],
        options,
        documents=1,
        today=date.today(),
        suppressions=tuple(dict.fromkeys(s for one in made for s in one.suppressions)),
        sources={s.name: s for one in made for s in one.sources}.values(),
    )
    for located in outcome.shown:
        for file in dict.fromkeys(x.file for x in located.locations):
            if file in found:
                found[file].append(located)
                break
    return found


def of_manifest(folder: str, name: str, text: str, options: Options) -> list[Located]:
    """What `lint` finds in one file. folder: whose rows, schemas and policies count."""
    own = open_repository(folder)
    collected = collect_text(text, name)
    context = context_of(own, collected.bundle, "", options.profile)
    found = [
        *yaml_problems.findings(collected.problems),
        *registry.run(context, options.selection.wants),
    ]
    outcome = conclude(
        found,
        options,
        documents=len(collected.bundle.objects),
        today=date.today(),
        suppressions=(),
        sources=collected.sources,
    )
    return [x for x in outcome.shown if x.primary is not None]
