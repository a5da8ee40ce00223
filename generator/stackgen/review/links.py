"""Links to lines of a commit, on the host of the repository."""

from __future__ import annotations

from urllib.parse import quote

from stackgen.errors import UsageError
from stackgen.manifest.shipped import shipped
from stackgen.record import record
from stackgen.regex import regex
from stackgen.review.git import Repository
from stackgen.spec.overlays import SPEC_FILE

# `https://user@host/path`, `ssh://git@host:22/path` and `git@host:path`; credentials are dropped.
_URL = regex(r"(?:https?|ssh|git)://(?:[^@/]*@)?([\w.-]+(?::\d+)?)/([^?#]+)")
_SCP = regex(r"(?:[\w.-]+@)?([\w.-]+\.[\w.-]+):([^/:?#][^:?#]*)")

_SPECS = (SPEC_FILE, "overlays")


@record
class Links:
    """Where the lines of files in a commit are shown.

    line: the form of a link. folder: of the paths, from the top of the repository. files: those
    whose lines are the same in the commit; None for all.
    """

    line: str = ""
    repository: str = ""
    commit: str = ""
    folder: str = ""
    files: frozenset[str] | None = None

    def to(self, file: str, line: int) -> str:
        """The address of a line, or "" where it is not known."""
        if not self.line or not file or line < 1:
            return ""
        if self.files is not None and file not in self.files:
            return ""
        return self.line.format(
            repository=self.repository, commit=self.commit, line=line,
            file=quote(f"{self.folder}{file}"),
        )  # fmt: skip


def links_of(repository: Repository, commit: str, *, working_tree: bool = False) -> Links:
    """The links to a commit. working_tree: for files of the working tree that are as committed.

    Without links if the repository has no remote, or one on a host that is not known, or if Git
    cannot say what changed, as without a working tree.
    """
    host, path = web_address(repository.remote())
    rows = shipped(__file__, "forges.yaml").values()
    row = next((one for one in rows if any(part in host for part in one["hosts"])), None)
    if row is None:
        return Links()
    try:
        files = repository.unchanged(commit, _SPECS) if working_tree else None
        return Links(row["line"], f"https://{host}/{path}", commit, repository.prefix(), files)
    except UsageError:
        return Links()


def web_address(remote: str) -> tuple[str, str]:
    """Host and path of a repository, from the URL of its remote; empty for another text."""
    found = _URL.fullmatch(remote) or _SCP.fullmatch(remote)
    if found is None:
        return "", ""
    host, path = found.groups()
    if not remote.startswith("http"):
        host = host.partition(":")[0]  # the port of SSH
    return host.lower(), quote(path.strip("/").removesuffix(".git"), safe="/~")
