"""Sizes of the query screen's panes, as they are remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

EXPLORER_WIDTHS = range(16, 81)
RESULTS_PERCENTS = range(10, 91)


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes of panes.

    Args:
        explorer_width: Cells of the left pane.
        results_percent: Share of the height that results take.
        is_explorer_open: Whether the left pane shows; None: where there is room for it.
    """

    explorer_width: int = 30
    results_percent: int = 60
    is_explorer_open: bool | None = None

    def resized(self, *, explorer: int = 0, results: int = 0) -> Layout:
        """With other sizes, within limits.

        >>> Layout().resized(explorer=-500).explorer_width
        16
        """
        return replace(
            self,
            explorer_width=_within(EXPLORER_WIDTHS, self.explorer_width + explorer),
            results_percent=_within(RESULTS_PERCENTS, self.results_percent + results),
        )

    def to_values(self) -> dict[str, str]:
        """For the workspace."""
        shown = "" if self.is_explorer_open is None else str(int(self.is_explorer_open))
        return {
            "query.explorer_width": str(self.explorer_width),
            "query.results_percent": str(self.results_percent),
            "query.explorer_open": shown,
        }

    @classmethod
    def from_values(cls, values: Mapping[str, str]) -> Layout:
        """From the workspace; what is missing or wrong has its default."""
        default = cls()
        shown = values.get("query.explorer_open", "")
        return cls(
            _number(values, "query.explorer_width", EXPLORER_WIDTHS, default.explorer_width),
            _number(values, "query.results_percent", RESULTS_PERCENTS, default.results_percent),
            {"0": False, "1": True}.get(shown),
        )


def _within(limits: range, value: int) -> int:
    return max(limits.start, min(value, limits.stop - 1))


def _number(values: Mapping[str, str], name: str, limits: range, otherwise: int) -> int:
    text = values.get(name, "")
    return _within(limits, int(text)) if text.isascii() and text.isdigit() else otherwise
