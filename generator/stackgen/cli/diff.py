"""`stackgen diff`: what changes between two renders, why, and what comes of it in the cluster."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING

import click

from stackgen.cli import complete
from stackgen.cli.option import one_of, option, repeated
from stackgen.cli.output import present, targets
from stackgen.cli.stack_options import COLOR, DIRECTORY, ENVIRONMENTS
from stackgen.compiler import environments, read_inputs
from stackgen.errors import UsageError
from stackgen.folders import check_folder
from stackgen.report import formats

if TYPE_CHECKING:
    from stackgen.repository import Repository
    from stackgen.review.model import Review

FORMATS = formats("review")
NEVER = "never"
HERE = "working tree"


@click.command()
@click.argument("paths", nargs=-1, metavar="[OLD NEW | PATH]", shell_complete=complete.paths)
@option("--against REF", "Compare with the merge base of this commit or branch.  [default: HEAD]")
@option("--exact", "Compare with REF itself, not with the merge base.")
@ENVIRONMENTS
@click.option(
    "--between",
    nargs=2,
    default=None,
    metavar="ENV ENV",
    help="Compare two environments of the working tree.",
)
@one_of(
    "--fail-on",
    ("none", "low", "medium", "high", NEVER),
    "The lowest risk with exit code 1. none: any change. never: no change.",
)
@one_of("--output-format", FORMATS, "Output format. markdown is a comment for a pull request.")
@repeated(
    "--output FORMAT=FILE",
    "Also write the output to a file, such as markdown=diff.md. Repeatable.",
    "outputs",
)
@COLOR
@DIRECTORY
def diff(
    paths: tuple[str, ...], against: str, exact: bool, envs: tuple[str, ...],
    between: tuple[str, str] | None, fail_on: str, output_format: str, outputs: tuple[str, ...],
    color: str, directory: str,
) -> int:  # fmt: skip
    """Show what a change does: objects, fields, the line of the spec that causes each change, and
    the risk.

    \b
    stackgen diff                          the working tree and HEAD
    stackgen diff --against origin/main    the working tree and the merge base
    stackgen diff --between dev prod       two environments
    stackgen diff OLD NEW                  two files or folders of manifests
    stackgen diff --against main PATH      a file or folder and a commit

    Objects are matched by kind, namespace and name, and list items by their Kubernetes keys. Order
    and comments are ignored. The exit code is 0 if there is nothing at or above --fail-on,
    otherwise 1.
    """
    files = targets(outputs, FORMATS)
    _agree(paths, against, exact, envs, between)
    found = _reviews(paths, against, exact, envs, between, directory)
    present("review", found, output_format, files, color)
    return _code(found, fail_on)


def _agree(
    paths: tuple[str, ...], against: str, exact: bool, envs: tuple[str, ...],
    between: tuple[str, str] | None,
) -> None:  # fmt: skip
    """Raises UsageError for options that do not go together."""
    if len(paths) > 2:
        raise UsageError(f"{len(paths)} paths; OLD and NEW, or one PATH with --against")
    if len(paths) == 2 and (against or exact):
        raise UsageError("OLD and NEW are compared with each other; leave out --against")
    if len(paths) == 1 and not against and not os.path.lexists(paths[0]):
        raise UsageError(f"{paths[0]}: not found; --against {paths[0]} compares with a commit")
    if len(paths) == 1 and not against:
        raise UsageError(f"{paths[0]}: compared with what? Name a second path, or --against REF")
    if paths and (envs or between):
        raise UsageError("environments are of a spec; leave them out where paths are compared")
    if between and (against or exact or envs):
        raise UsageError("--between compares two environments of the working tree, nothing else")


def _reviews(
    paths: tuple[str, ...], against: str, exact: bool, envs: tuple[str, ...],
    between: tuple[str, str] | None, directory: str,
) -> list[Review]:  # fmt: skip
    from stackgen.cli.deliverers import deliverers
    from stackgen.cli.release import opened
    from stackgen.review.review import review
    from stackgen.review.side import of_paths, of_spec

    check_folder(directory)
    root = os.path.abspath(directory)
    own = opened(root)
    if len(paths) == 2:
        old, new = (of_paths((p,), catalog=own.catalog, deliverers=deliverers) for p in paths)
        return [review(old, new, schemas=own.schemas)]
    if paths:
        return [_path_review(paths[0], against, exact, root, own)]
    if between:
        inputs = read_inputs(root, between)
        old, new = (of_spec(root, env, env, inputs) for env in between)
        return [review(old, new, update=False, schemas=own.schemas)]
    return _spec_reviews(root, against or "HEAD", exact, envs, own)


def _path_review(path: str, against: str, exact: bool, root: str, own: Repository) -> Review:
    from stackgen.cli.deliverers import deliverers
    from stackgen.review.commits import commit_of, path_at
    from stackgen.review.review import review
    from stackgen.review.side import nothing, of_paths

    name = os.path.relpath(os.path.abspath(path), root)
    if name.startswith(".."):
        raise UsageError(f"{path}: is not below {root}; -C names the folder")
    old = path_at(commit_of(root, against, exact=exact), name, own.catalog, deliverers)
    here = os.path.lexists(path)
    if not here and not old.objects:
        raise UsageError(f"{path}: is neither here nor in {against}")
    now = f"{path} here"
    new = of_paths((path,), now, own.catalog, deliverers) if here else nothing(now, "")
    return review(old, new, schemas=own.schemas)


def _spec_reviews(
    root: str, ref: str, exact: bool, envs: tuple[str, ...], own: Repository
) -> list[Review]:
    from stackgen.review.commits import commit_of, environment_at, environments_at
    from stackgen.review.links import links_of
    from stackgen.review.review import review
    from stackgen.review.side import has_spec, nothing, of_spec

    if not has_spec(root):
        raise UsageError(f"{root}: has no stack.yaml; name a PATH, or its folder with -C")
    commit = commit_of(root, ref, exact=exact)
    here = commit.repository.commit("HEAD")
    links = (
        links_of(commit.repository, commit.id),
        links_of(commit.repository, here, working_tree=True),
    )
    inputs = read_inputs(root)
    known = set(inputs.environments)
    everywhere = known | environments_at(commit)
    for env in envs:
        if env not in everywhere:
            environments(root, (env,))
    found = []
    for env in sorted(set(envs) or everywhere):
        there = env in known
        new = of_spec(root, env, HERE, inputs) if there else nothing(f"{HERE}, without {env}", env)
        one = review(environment_at(commit, env), new, env, schemas=own.schemas)
        found.append(dataclasses.replace(one, links=links))
    return found


def _code(found: list[Review], fail_on: str) -> int:
    from stackgen.review.model import RISKS

    if fail_on == NEVER or all(one.empty for one in found):
        return 0
    least = next(i for i, risk in enumerate(RISKS) if risk == fail_on)
    return 1 if max(RISKS.index(one.risk) for one in found) >= least else 0
