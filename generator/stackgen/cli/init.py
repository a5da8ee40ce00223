"""`stackgen init`: a new stack that builds without changes."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping

import click
from click.core import ParameterSource

from stackgen import __version__
from stackgen.bootstrap.verify import FILE, verify
from stackgen.catalog.load import Catalog
from stackgen.cli import complete
from stackgen.cli.option import one_of, option
from stackgen.cli.output import ODD, say
from stackgen.compiler import compile_environment
from stackgen.editor.schema import FOLDER, schema_files, with_modelines
from stackgen.errors import UsageError
from stackgen.reading import read_bytes
from stackgen.starter import patterns
from stackgen.starter.intent import choose
from stackgen.starter.intent_files import Intent
from stackgen.starter.patterns import CI, pattern_files
from stackgen.starter.summary import choice, written
from stackgen.starter.write import taken, write_new
from stackgen.tree import lock


@click.command()
@click.argument("directory", default=".", metavar="[DIR]", shell_complete=complete.paths)
@option(
    "--model MODEL",
    "Model to serve: ORG/NAME of Hugging Face, or a URI. stackgen selects the smallest TPU "
    "or GPU in --zone that holds it, and shows alternatives.",
    default=None,
)
@option("--project ID", "Google Cloud project of the cluster.", default=None)
@option("--zone ZONE", "Zone of the cluster, such as us-east5-b.", default=None)
@option("--domain NAME", "Serve HTTPS under this host name.")
@option(
    "--email ADDRESS",
    "With --domain: account for certificates of Let's Encrypt. Without it, the stack has "
    "its own CA, on the platform xks only.",
)
@option(
    "--accelerator NAME",
    "Only this accelerator: v6e, v5e, l4, ...",
    shell_complete=complete.accelerators,
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False),
    help="The config.json of a model that the catalog does not have.",
)
@one_of("--gitops", ("flux", "argocd"), "GitOps engine that applies the rendered files.")
@option("--repository URL", "Git repository that holds out/.")
@click.option(
    "--pattern",
    metavar="NAME",
    shell_complete=complete.patterns,
    help="Start from an example instead: "
    f"{', '.join(patterns.of_platform('xks'))}.  [default: single]",
)
@one_of(
    "--platform",
    list(patterns.PLATFORMS),
    "Serving platform: KServe of llm-d-infra-xks, upstream KServe, or llm-d without KServe.",
)
@one_of("--ci", list(CI), "CI system to write the workflow file for.")
@option("--keep", "Keep existing files, and write the others.")
@click.pass_context
def init(
    context: click.Context, /, directory: str, pattern: str | None, platform: str, ci: str,
    keep: bool, **given: str | None,
) -> None:  # fmt: skip
    """Create a small stack in DIR: stack.yaml, overlays, a pre-commit hook, CI and a README.

    \b
    stackgen init --model Qwen/Qwen3-32B --project my-project --zone us-east5-b
    stackgen init --pattern multi-model

    In a terminal, `stackgen init` without options asks for the model, project and zone. It
    overwrites no file. `stackgen build` passes without changes. bootstrap/ENV/verify.sh checks the
    running stack; `stackgen bootstrap` writes it again.
    """
    if os.path.lexists(directory) and not os.path.isdir(directory):
        raise UsageError(f"{directory}: is not a folder")
    if not _is_anything_given(context) and sys.stdin.isatty() and sys.stdout.isatty():
        given |= _asked()
    if given["model"] is None:
        _only_with_model(given)
        name = patterns.named(pattern or "single", platform)
        title, stack = [f"{name}: {patterns.summary(name)}"], dict(patterns.files(name))
    else:
        if pattern is not None:
            raise UsageError("--pattern and --model exclude each other")
        chosen = choose(_intent(given, platform))
        title, stack = choice(chosen), dict(chosen.files)
    stack = with_modelines(stack)
    wanted = pattern_files(stack, ci)
    wanted |= {f"{FOLDER}/{name}": text for name, text in schema_files(Catalog()).items()}
    if not taken(directory, stack):
        # Of a stack that is kept, `stackgen bootstrap` writes it.
        wanted |= _verify_scripts(stack)
    there = taken(directory, wanted)
    if there and not keep:
        raise UsageError(
            "these files already exist:",
            *(f"  {os.path.normpath(os.path.join(directory, n))}" for n in there),
            "Nothing was written. Name another folder, or keep them with --keep.",
        )
    new = {n: content for n, content in wanted.items() if n not in there}
    write_new(directory, new)
    say(written(directory, title, new))


def _is_anything_given(context: click.Context) -> bool:
    names = (n for n in context.params if n != "directory")
    return any(context.get_parameter_source(n) is not ParameterSource.DEFAULT for n in names)


def _asked() -> dict[str, str | None]:
    """What the person at the terminal answers. No model: the example of a pattern."""
    model = click.prompt(
        "Model (ORG/NAME of Hugging Face; empty for an example)", default="", show_default=False
    )
    if not model:
        return {}
    return {
        "model": model,
        "project": click.prompt("Google Cloud project"),
        "zone": click.prompt("Zone with TPUs or GPUs"),
        "domain": click.prompt(
            "Host name for HTTPS (empty for plain HTTP)", default="", show_default=False
        ),
    }


def _only_with_model(given: dict[str, str | None]) -> None:
    alone = [n for n, value in given.items() if value and (n, value) != ("gitops", "flux")]
    if alone:
        raise UsageError(f"--{alone[0]} needs --model; a pattern has values of its own to change")


def _intent(given: dict[str, str | None], platform: str) -> Intent:
    missing = [f"--{name}" for name in ("project", "zone") if not given[name]]
    if missing:
        raise UsageError(f"--model needs {' and '.join(missing)}")
    if given["email"] and not given["domain"]:
        raise UsageError("--email is for the certificates of --domain")
    config = given.pop("config")
    text = read_bytes(config) if config is not None else b""
    return Intent(**{n: v or "" for n, v in given.items()}, platform=platform, config=text)


def _verify_scripts(stack: Mapping[str, bytes]) -> dict[str, bytes]:
    """bootstrap/ENV with verify.sh, for each environment, as `stackgen bootstrap` writes it.

    stack: the stack.yaml and the overlays.
    """
    made: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        write_new(folder, stack)
        for env in (n.split("/")[1] for n in stack if "/" in n):
            compiled = compile_environment(folder, env, prove=False)
            assert compiled.plan is not None and compiled.bundle is not None
            script = verify(compiled.plan, compiled.bundle.objects)
            own = {FILE: script.encode("utf-8", ODD)}
            release = compiled.plan.release.row.key
            own[lock.NAME] = lock.lock_text(compiled.loaded.data, release, {}, __version__, own)
            made |= {f"bootstrap/{env}/{name}": content for name, content in own.items()}
    return made
