"""What templates make, put together, and which line of a template makes each line of it."""

from __future__ import annotations

from stackgen.manifest.gotemplate.evaluate import Piece
from stackgen.record import record

_EMPTY = ("", '""', "''")


@record
class Stream:
    """What is made, and which line of a template makes each line of it.

    unset: the numbers of the lines in which a value is empty.
    """

    texts: list[str]
    lines: list[tuple[str, int]]
    unset: set[int]

    def add(self, file: str, pieces: list[Piece]) -> None:
        if not any(text.strip() for text, _ in pieces):
            return
        self._line(f"---\n# Source: {file}\n", [(file, 1), (file, 1)])
        made, here, shown, unset = "", 0, False, False
        for text, line in pieces:
            for i, part in enumerate(text.split("\n")):
                if i:
                    self._end(made, (file, here), unset)
                    made, here, shown, unset = "", 0, False, False
                at = line + i if line > 0 else -line
                if not here or (part.strip() and not shown):
                    here, shown = at, bool(part.strip())
                made += part
            unset |= line < 0 and text.strip() in _EMPTY  # in the last line of the text
        if made:
            self._end(made, (file, here), unset)

    def _end(self, line: str, place: tuple[str, int], unset: bool) -> None:
        """Add a line. Helm also begins a document where something follows the dashes."""
        if unset and line.strip():
            self.unset.add(len(self.lines) + 1)
        after = line[3:]
        if line.startswith("---") and after.strip() and after[0] not in "- \t":
            self._line(f"---\n{after}\n", [place, place])
        else:
            self._line(f"{line}\n", [place])

    def _line(self, text: str, places: list[tuple[str, int]]) -> None:
        self.texts.append(text)
        self.lines.extend(places)
