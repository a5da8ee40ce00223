"""`stackgen`: the group of commands, each imported only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from typing import Any

import click

from stackgen import __version__, progress
from stackgen.errors import PipeClosedError, UsageError, unwritten
from stackgen.escape import message
from stackgen.redact import hide, redact

# command -> (module, attribute, one line of help): help needs no import of the commands. The order
# is that of the help, by use: first what makes and checks a stack, then what explains it.
COMMANDS = {
    "init": ("init", "init", "Create a stack that builds without changes."),
    "adopt": ("adopt", "command", "Create a stack from manifests that exist."),
    "build": ("build", "build", "Render stack.yaml into out/ if all checks pass."),
    "lint": ("lint", "lint", "Lint Kubernetes manifests from any source."),
    "merge": ("merge", "merge", "Merge the reports of shards into one."),
    "expand": ("expand", "expand", "Show the objects that KServe creates for each service."),
    "plan": ("plan", "plan", "Show memory fit, nodes and cost, also for other values."),
    "bootstrap": ("bootstrap", "bootstrap", "Write the scripts of a first installation."),
    "cluster": ("cluster", "cluster", "Print the cluster and node pools for gcloud or Terraform."),
    "diff": ("diff", "diff", "Show what a change does: objects, fields, causes, risks."),
    "upgrade": ("upgrade", "upgrade", "Show what another release breaks and changes."),
    "trace": ("trace", "trace", "Show the origin of a rendered line."),
    "impact": ("impact", "impact", "Show which rendered lines depend on a line of the spec."),
    "rollout": ("rollout", "rollout", "Simulate the rollout step by step."),
    "report": ("report", "report", "Write the stack as one HTML page."),
    "net": ("net", "net", "Show, query, compare and prove network connections."),
    "explain": ("explain", "explain", "Explain a rule, a field of the spec or a runbook."),
    "diagnose": ("diagnose", "diagnose", "Show the runbook for the symptoms in a cluster."),
    "benchmark": ("benchmark", "benchmark", "Print a benchmark Job, or compare two results."),
    "rules": ("rules", "rules", "List all rules."),
    "policies": ("policies", "policies", "List policies, or export them for a cluster."),
    "releases": ("releases", "releases", "List the releases that manifests can be judged by."),
    "catalog": ("catalog", "catalog", "List, show and search the facts of the catalog."),
    "lsp": ("lsp", "lsp", "Serve an editor: findings, completion, origins."),
    "completion": ("completion", "completion", "Print the completion script for a shell."),
    "schemas": ("schemas", "schemas", "List API schemas, or import your own CRDs."),
}

UNUSABLE = 2  # wrong usage, or an input or output that cannot be used
INTERNAL_ERROR = 3
INTERRUPTED = 130  # what a shell shows for SIGINT
PIPE_CLOSED = 141  # what a shell shows for SIGPIPE, of which other tools die


class LazyGroup(click.Group):
    """A group whose commands are named here and imported when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        loaded = importlib.import_module(f"stackgen.cli.{module}")
        command: click.Command = getattr(loaded, attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        from stackgen.spelling import limited

        with limited():
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from stackgen.spelling import did_you_mean

            ctx.fail(f"unknown command {args[0]!r}{did_you_mean(args[0], COMMANDS)}")
        if args and not {"-h", "--help"} & set(args):
            from stackgen.cli.unfinished import settle_unfinished

            settle_unfinished(args[0], args[1:])
        return super().resolve_command(ctx, args)

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        """As Click does it, without an import of each command for its help."""
        from click.shell_completion import CompletionItem

        named = [x for x in COMMANDS if x.startswith(incomplete)]
        found = [CompletionItem(name, help=COMMANDS[name][2]) for name in named]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stackgen", message="%(prog)s %(version)s")
def cli() -> None:
    """Compile stack.yaml into validated, Kustomize-ready YAML for serving LLMs on GKE TPUs.

    \b
    stackgen init             create a small stack that builds
    stackgen build            render every environment into out/
    stackgen build --check    fail if out/ is not up to date
    stackgen lint FILE|DIR|-  lint manifests from any source
    stackgen explain RULE     what a finding means, and how to fix it

    Exit codes: 0 no findings, 1 findings, 2 usage error or unreadable input, 3 internal error.
    """


def run() -> None:
    """Run the command line without asking for a result that is kept."""
    sys.exit(code())


def code() -> int:
    """Run the command line; its exit code, once all is written."""
    progress.begin()
    try:
        ended = _code()
    finally:
        progress.end()
    return flushed(ended)


def _code() -> int:
    """Run the command; its exit code."""
    try:
        code = cli.main(prog_name="stackgen", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        _complain(*_shown(error))
        return UNUSABLE
    except UsageError as error:
        _complain(f"stackgen: {error}", *error.more)
        return UNUSABLE
    except (KeyboardInterrupt, click.Abort):
        _complain("stackgen: interrupted")
        return INTERRUPTED
    except PipeClosedError:
        return PIPE_CLOSED
    except MemoryError:
        _complain("stackgen: the input needs more memory than there is")
        return UNUSABLE
    except OSError as error:
        # What the system refuses is no fault of the program: a full disk, no permission.
        _complain(f"stackgen: {_refusal(error)}")
        _debug(error)
        return UNUSABLE
    except Exception as error:
        _complain(
            f"stackgen: fault: {type(error).__name__}: {error}",
            "This is a bug in stackgen; nothing was written. STACKGEN_DEBUG=1 shows where.",
        )
        _debug(error)
        return INTERNAL_ERROR


def _refusal(error: OSError) -> str:
    """What the system refused, in a sentence."""
    try:
        os.getcwd()
    except OSError:
        return "the working directory does not exist"
    why = (error.strerror or str(error)).lower()
    return f"{os.fsdecode(error.filename)}: {why}" if error.filename else why


def flushed(code: int) -> int:
    """The exit code, once all is written; what cannot be written is not lost in silence."""
    if sys.stdout is None or sys.stdout.closed:
        return code
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = PIPE_CLOSED
    except OSError as error:
        _complain(f"stackgen: {unwritten(error)}")
        code = UNUSABLE
    else:
        return code
    # Python flushes once more when it ends, and would complain by itself.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _complain(*texts: str) -> None:
    """What is wrong with the call, a line each, without a credential that was typed in it."""
    from stackgen.manifest.secret_values import assigned

    progress.clear()
    for text in texts if sys.stderr is not None else ():
        sys.stderr.write(f"{message(redact(hide(text, assigned(text))))}\n")


def _shown(error: click.ClickException) -> Iterator[str]:
    """The lines in which Click would show the error; its message may quote what was typed."""
    message = error.format_message()
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        yield from message.splitlines()
        return
    if isinstance(error, click.UsageError) and error.ctx is not None:
        yield from error.ctx.get_usage().splitlines()
        yield f"Try '{error.ctx.command_path} --help' for help."
        yield ""
    if isinstance(error, click.MissingParameter):
        message = " ".join(message.split())  # Click lists the choices on lines of their own
    yield f"Error: {message}"


def _debug(error: Exception) -> None:
    import traceback

    if os.environ.get("STACKGEN_DEBUG"):
        _complain(*"".join(traceback.format_exception(error)).splitlines())
