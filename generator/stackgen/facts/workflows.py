"""Jobs of GitHub Actions: how they sign in to Google Cloud, and which images they push."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.record import record
from stackgen.regex import regex

_FOLDER = regex(r"(?:\A|/)\.github/workflows/[^/]+\Z")
_SIGN_IN = "google-github-actions/auth@"
_PUSHED = regex(
    r"(?P<command>docker\s+push|crane\s+push|podman\s+push)[^\n]*?\s[\"']?"
    r"(?P<image>[a-z0-9-]+-docker\.pkg\.dev/[\w.-]+/[\w.-]+/[\w.-]+)"
)
_LOGGED_IN = regex(r"\bconfigure-docker\b((?:[ \t]+[^\s\\;&|]+)*)")
# What else may let a job push.
_OTHER_LOGIN = regex(r"docker/login-action|docker\s+login|oauth2accesstoken|docker-credential")


@record
class Step:
    """A step of a job. inputs: what `with` gives it."""

    uses: str
    run: str
    inputs: dict[str, str]
    path: Path


@record
class Job:
    """A job. write: its token may have an identity (`id-token: write`); None if that is given by
    the workflow that calls it. where: of its permissions, or of its name."""

    workflow: Resource
    name: str
    steps: tuple[Step, ...]
    write: bool | None
    where: Path

    def place(self, path: Path) -> Place:
        return Place(self.workflow, path)

    def sign_ins(self) -> Iterator[Step]:
        """The steps that sign in with the identity of the job."""
        for step in self.steps:
            if step.uses.startswith(_SIGN_IN) and "workload_identity_provider" in step.inputs:
                yield step

    def pushes(self) -> Iterator[tuple[str, Path]]:
        """The images of Artifact Registry that commands push, without their tags."""
        for step in self.steps:
            for found in _PUSHED.finditer(step.run):
                yield found["image"], (*step.path, "run")

    def registries(self) -> set[str] | None:
        """The hosts for which `gcloud auth configure-docker` gives docker the credentials.

        None if something else may give them, or no command does.
        """
        written = "\n".join(f"{step.uses}\n{step.run}" for step in self.steps)
        commands = _LOGGED_IN.findall(written)
        if not commands or _OTHER_LOGIN.search(written):
            return None
        words = [word for one in commands for word in one.split() if not word.startswith("-")]
        hosts = {host.strip("\"'") for word in words for host in word.split(",")}
        return hosts if hosts and not any("$" in host for host in hosts) else None


def jobs(bundle: Bundle) -> Iterator[Job]:
    """The jobs of all workflows of the input."""
    for workflow in bundle.settings:
        if _FOLDER.search(workflow.file):
            for name, job in as_dict(workflow.get("jobs")).items():
                yield _job(workflow, str(name), as_dict(job))


def _job(workflow: Resource, name: str, job: dict[str, object]) -> Job:
    here: Path = ("jobs", name)
    steps = tuple(
        Step(
            text(step.get("uses")),
            text(step.get("run")),
            {key: text(value) for key, value in as_dict(step.get("with")).items()},
            (*here, "steps", i),
        )
        for i, step in maps(job.get("steps"))
    )
    for given, where in (
        (job.get("permissions"), (*here, "permissions")),
        (workflow.get("permissions"), ("permissions",)),
    ):
        if given is not None:
            write = given == "write-all" or as_dict(given).get("id-token") == "write"
            return Job(workflow, name, steps, write, where)
    return Job(workflow, name, steps, None if _is_called(workflow) else False, here)


def _is_called(workflow: Resource) -> bool:
    """Whether another workflow calls it. YAML 1.1 reads the key `on` as true."""
    data = workflow.data
    begins = [value for key, value in data.items() if key in ("on", True) or str(key) == "True"]
    return not begins or "workflow_call" in repr(begins)
