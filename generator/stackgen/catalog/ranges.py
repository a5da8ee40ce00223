"""Names by version: the form in which `tools/` writes what programs of others have.

By name there is a list of `[kind, first version, last version]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from stackgen.record import record

Ranges = Mapping[str, list[list[str]]]


@record
class Versions:
    """The versions that are known, ascending."""

    known: tuple[str, ...]

    @cached_property
    def _number(self) -> Mapping[str, int]:
        return {version: number for number, version in enumerate(self.known)}

    @property
    def span(self) -> str:
        """The first and the last, for messages."""
        return f"{self.known[0]} to {self.known[-1]}"

    def at(self, version: str, names: Ranges) -> dict[str, str]:
        """The kind of each of `names` in a version that is known."""
        wanted = self._number[version]
        return {
            name: kind
            for name, ranges in names.items()
            for kind, first, last in ranges
            if self._number[first] <= wanted <= self._number[last]
        }

    def since(self, version: str, first: str) -> bool:
        """Whether a version that is known is `first` or a later one."""
        return self.known.index(version) >= self.known.index(first)

    def elsewhere(self, name: str, version: str, names: Ranges) -> str:
        """Which other versions have the name: a clause for a message; "" for none."""
        ranges = names.get(name, [])
        wanted = self.known.index(version)
        before = [last for _, _, last in ranges if self.known.index(last) < wanted]
        after = [first for _, first, _ in ranges if self.known.index(first) > wanted]
        if before:
            return f"the last version with it is {before[-1]}"
        return f"the first version with it is {after[0]}" if after else ""

    def came_later(self, name: str, version: str, names: Ranges) -> bool:
        """Whether only later versions have the name."""
        wanted = self.known.index(version)
        ranges = names.get(name, [])
        return bool(ranges) and all(self.known.index(r[1]) > wanted for r in ranges)
