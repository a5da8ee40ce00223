"""What Git says: commits and the files in them. No shell, no network, nothing is written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from stackgen.errors import UsageError
from stackgen.reading import MAX_TOTAL, output_of

SHORT = 10
_REGULAR = ("100644", "100755")


class Repository:
    """The Git repository that `folder` is in. Paths are relative to that folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def commit(self, ref: str) -> str:
        """The full id of the commit that `ref` names. Raises UsageError for no such commit."""
        if not ref or ref.startswith("-") or not ref.isprintable():
            raise UsageError(f"{ref!r} is not the name of a commit")
        if self._git("rev-parse", "--git-dir", check=False) is None:
            raise UsageError(f"{self.folder}: is in no Git repository")
        found = self._git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", check=False)
        if found is None and ref == "HEAD":
            raise UsageError(f"{self.folder}: the repository has no commit yet to compare with")
        if found is None:
            raise UsageError(f"Git knows no commit {ref!r}; `git fetch` brings what is elsewhere")
        return found.decode("ascii").strip()

    def merge_base(self, commit: str) -> str:
        """Where the current branch left the line of `commit`. Raises UsageError for nowhere."""
        head = self.commit("HEAD")
        found = self._git("merge-base", commit, head, check=False)
        if found is None:
            raise UsageError(
                f"no common ancestor of HEAD and {commit[:SHORT]} is here; a shallow clone needs "
                "its history (`git fetch --unshallow`), or compare with --exact"
            )
        return found.decode("ascii").split()[0]

    def files(self, commit: str, paths: Iterable[str]) -> dict[str, str]:
        """The regular files below `paths` in a commit, with the ids of their contents."""
        listed = self._git(
            "ls-tree", "-r", "-z", commit, "--", *(os.path.normpath(p) for p in paths)
        )
        assert listed is not None
        found = {}
        for entry in listed.split(b"\0"):
            if entry:
                about, _, name = entry.partition(b"\t")
                mode, _, blob = about.decode("ascii").split()
                if mode in _REGULAR:
                    found[os.fsdecode(name)] = blob
        return found

    def tracked(self, path: str) -> frozenset[str]:
        """The files below `path` that are in the index: those of the next commit."""
        if self._git("rev-parse", "--git-dir", check=False) is None:
            raise UsageError(f"{self.folder}: is in no Git repository")
        listed = self._git("ls-files", "-z", "--", path)
        assert listed is not None
        return frozenset(os.fsdecode(name) for name in listed.split(b"\0") if name)

    def remote(self) -> str:
        """The URL of the remote `origin`, as it is configured; empty without one."""
        found = self._git("config", "--get", "remote.origin.url", check=False)
        return os.fsdecode(found or b"").strip()

    def prefix(self) -> str:
        """The folder from the top of the repository, with a slash at the end; empty at the top."""
        found = self._git("rev-parse", "--show-prefix")
        return os.fsdecode(found or b"").removesuffix("\n")

    def unchanged(self, commit: str, paths: Iterable[str]) -> frozenset[str]:
        """The files below `paths` in a commit that are the same in the working tree."""
        wanted = tuple(paths)
        how = ("--name-only", "--relative", "--no-renames", "--no-ext-diff", "-z")
        changed = self._git("diff", *how, commit, "--", *wanted)
        assert changed is not None
        names = {os.fsdecode(name) for name in changed.split(b"\0") if name}
        return frozenset(name for name in self.files(commit, wanted) if name not in names)

    def contents(self, blobs: Mapping[str, str]) -> dict[str, bytes]:
        """The contents of files by their ids, as `files` gives them."""
        if not blobs:
            return {}
        wanted = "".join(f"{blob}\n" for blob in blobs.values()).encode("ascii")
        raw = self._git("cat-file", "--batch", given=wanted)
        assert raw is not None
        found, at = {}, 0
        for name, blob in blobs.items():
            line_end = raw.index(b"\n", at)
            head = raw[at:line_end].split()
            if len(head) != 3:
                raise UsageError(f"Git has lost {name} ({blob[:SHORT]}); a partial clone needs it")
            size = int(head[2])
            found[name] = raw[line_end + 1 : line_end + 1 + size]
            at = line_end + 1 + size + 1
        return found

    def _git(self, *arguments: str, given: bytes = b"", check: bool = True) -> bytes | None:
        """What Git prints; without `check` None when it fails."""
        environment = {
            **os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1",
            "GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1",
        }  # fmt: skip
        # Hooks are given a path from the top of the repository, which need not be this folder.
        if not os.path.isabs(environment.get("GIT_DIR", "/")):
            del environment["GIT_DIR"]
        # During `git commit -a` the index is another file, relative to where the hook runs.
        if "GIT_INDEX_FILE" in environment:
            environment["GIT_INDEX_FILE"] = os.path.abspath(environment["GIT_INDEX_FILE"])
        try:
            status, printed, errors = output_of(
                ["git", "-C", self.folder, *arguments], f"git {arguments[0]}", MAX_TOTAL,
                given=given, environment=environment,
            )  # fmt: skip
        except FileNotFoundError:
            raise UsageError("git is not installed, or not on the PATH") from None
        except OSError as error:
            raise UsageError(f"git cannot be run: {error.strerror or error}") from None
        if status == 0:
            return printed
        said = errors.strip()
        if "dubious ownership" in said:
            raise UsageError(
                f"Git does not trust {self.folder}, which another user owns: "
                "`git config --global --add safe.directory DIR` says that you do"
            )
        if check:
            raise UsageError(f"git {arguments[0]} failed: {said.splitlines()[0] if said else ''}")
        return None
