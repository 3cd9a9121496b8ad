"""The bar below the editor that finds and replaces."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

from tusk.core.text import safe
from tusk.tui.editing.change import Range
from tusk.tui.editing.finding import Found, PatternError, Query, find_all, replace_all, replace_one

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from tusk.tui.widgets.editing_area import EditingArea


class _Toggle(Static):
    """One way to look for something, on or off."""

    ALLOW_SELECT = False

    def __init__(self, name: str, sign: str) -> None:
        super().__init__(markup=False, name=name, classes="toggle")
        self._sign = sign

    def show(self, is_on: bool) -> None:
        """Draw it on, in brackets, or off."""
        self.update(f"[{self._sign}]" if is_on else f" {self._sign} ")
        self.set_class(is_on, "-on")


def _key(name: str, keys: str, action: str, description: str, tooltip: str) -> Binding:
    return Binding(keys, action, description, tooltip=tooltip, id=f"find.{name}")


class FindBar(Vertical):
    """Finds as one types, shows all matches in the text, and replaces them.

    Args:
        area: Where it finds and replaces.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        _key("close", "escape", "close", "Close", "Close the bar; the match stays selected"),
        _key("next", "down", "go(1)", "Next", "Go to the next match (Enter does so too)"),
        _key("previous", "up", "go(-1)", "Previous", "Go to the match before"),
        _key("case", "alt+c", "switch('is_exact')", "Case", "Tell upper from lower case, or not"),
        _key("word", "alt+w", "switch('is_word')", "Word", "Find whole words only, or not"),
        _key("regex", "alt+k", "switch('is_regex')", "Regex", "Find a regular expression, or not"),
        _key(
            "replace", "ctrl+r", "replace_all", "Replace all",
            "Replace every match, as one step for undo; first, ask by what",
        ),
        _key("find", "ctrl+f", "find", "Find", "Change what is looked for"),
        _key("select_all", "ctrl+l", "select_all", "Select all", "Put a caret on every match"),
    ]  # fmt: skip

    def __init__(self, area: EditingArea) -> None:
        super().__init__()
        self.display = False
        self._area = area
        self._flags: dict[str, bool] = dict.fromkeys(("is_exact", "is_word", "is_regex"), False)
        self._toggles = {
            "is_exact": _Toggle("is_exact", "Aa"),
            "is_word": _Toggle("is_word", "W"),
            "is_regex": _Toggle("is_regex", ".*"),
        }
        self._find = Input(compact=True, placeholder="text", id="find-text")
        self._replace = Input(
            compact=True, placeholder="Enter replaces one, ^R all", id="replace-text"
        )
        self._count = Static(markup=False, id="find-count")
        self._text = ""
        self._query = Query("")
        self._found = Found(())
        # Where looking began: what is typed on is looked for from there.
        self._origin = Range.at(0)
        self._is_backward = False
        self._closes_on_enter = False

    def compose(self) -> ComposeResult:
        with Horizontal(id="find-row"):
            yield Label("Find", markup=False)
            yield self._find
            yield self._count
            yield from self._toggles.values()
        with Horizontal(id="replace-row"):
            yield Label("Replace", markup=False)
            yield self._replace

    def on_mount(self) -> None:
        self.query_one("#replace-row").display = False
        for name, toggle in self._toggles.items():
            toggle.show(self._flags[name])

    # ── opening and closing ──────────────────────────────────────────────────────────────

    def open(
        self, *, replace: bool = False, is_backward: bool = False, is_brief: bool = False
    ) -> None:
        """Show it, with what is selected as what to find.

        Args:
            replace: Whether to show what replaces it too.
            is_backward: Whether to look for what comes before.
            is_brief: Whether Enter closes it.
        """
        self._is_backward, self._closes_on_enter = is_backward, is_brief
        self._origin = self._area.search_range
        self.display = True
        self._show_replace(replace or self._has_replace)
        selected = self._area.selected_text
        if selected and "\n" not in selected and not is_brief:
            self._find.value = selected if not self._flags["is_regex"] else self._find.value
        has_pattern = bool(self._find.value)
        (self._replace if replace and has_pattern else self._find).focus()
        self._find.select_all()
        self._look_again()

    @property
    def _has_replace(self) -> bool:
        return bool(self.query_one("#replace-row").display)

    def _show_replace(self, is_shown: bool) -> None:
        self.query_one("#replace-row").display = is_shown

    def action_close(self) -> None:
        if self._closes_on_enter:
            self._area.go_to_match(self._origin)
        self._hide()

    def _hide(self) -> None:
        self.display = False
        self._show_replace(False)
        self._area.show_matches("", ())
        self._area.focus()

    def action_find(self) -> None:
        self._find.focus()
        self._find.select_all()

    # ── searching ────────────────────────────────────────────────────────────────────────

    @property
    def query_now(self) -> Query:
        """What is looked for, as the bar says."""
        return Query(self._find.value, **self._flags)

    def go_again(self, step: int, word: str = "") -> None:
        """Go on in the direction of the last search, or look for a word from now on.

        Args:
            step: How many matches further on; negative to go the other way.
            word: What to look for; then a negative step makes the direction.
        """
        if word:
            self._look_for(word)
            self._is_backward = step < 0
            self.go(step)
        else:
            self.go(-step if self._is_backward else step)

    def _look_for(self, word: str) -> None:
        self._flags |= {"is_word": True, "is_regex": False, "is_exact": True}
        for name, toggle in self._toggles.items():
            toggle.show(self._flags[name])
        with self._find.prevent(Input.Changed):
            self._find.value = word

    def action_switch(self, name: str) -> None:
        self._flags[name] = not self._flags[name]
        self._toggles[name].show(self._flags[name])
        self._search()

    def on_click(self, event: events.Click) -> None:
        if isinstance(event.widget, _Toggle) and event.widget.name:
            self.action_switch(event.widget.name)

    @on(Input.Changed, "#find-text")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._search()

    @on(Input.Changed, "#replace-text")
    def _template_typed(self, event: Input.Changed) -> None:
        event.stop()

    def area_changed(self) -> None:
        """The text or the caret changed by something else."""
        if not self.display:
            return
        if self._text is self._area.flat_text:
            self._show_count()
        else:
            self._look_again()

    @work(exclusive=True, group="follow")
    async def _look_again(self) -> None:
        """Find what is there now; whoever replaces goes on meanwhile."""
        await self._look()

    @work(exclusive=True, group="find")
    async def _search(self) -> None:
        if await self._look():
            self._go_from(self._origin, include_here=not self._closes_on_enter)

    async def _look(self) -> bool:
        """Find every match; whether the pattern is one."""
        text, query = self._area.flat_text, self.query_now
        if text is self._text and query == self._query:
            self._show_count()
            return True

        def is_wanted() -> bool:
            return self.is_attached and self.query_now == query

        self._count.update("…")
        try:
            found = await asyncio.to_thread(find_all, text, query, is_wanted)
        except PatternError as exc:
            self._text, self._query, self._found = text, Query(""), Found(())
            self._area.show_matches("", ())
            self._tell(exc)
            return False
        self._text, self._query, self._found = text, query, found
        self._show_count()
        return True

    def _tell(self, error: PatternError) -> None:
        self._count.update(safe(error.message))
        self._count.add_class("-wrong")

    # ── going from match to match ────────────────────────────────────────────────────────

    def action_go(self, step: int) -> None:
        self.go(step)

    @work(exclusive=True, group="find")
    async def go(self, step: int) -> None:
        """Go to the next match, or to the one before."""
        if await self._look():
            self._go_from(self._area.search_range, step=step)
            self._origin = self._area.search_range

    def _go_from(self, here: Range, *, step: int = 0, include_here: bool = False) -> None:
        matches = self._found.matches
        if not matches or self._text is not self._area.flat_text:
            return
        step = step or (-1 if self._is_backward else 1)
        if step > 0:
            key = here.start if include_here else max(here.end, here.start + 1)
            index = bisect_left(matches, key, key=lambda match: match.start)
        else:
            index = bisect_left(matches, here.start, key=lambda match: match.start) - 1
        further = step - 1 if step > 0 else step + 1
        self._area.go_to_match(matches[(index + further) % len(matches)])
        self._show_count()

    @on(Input.Submitted, "#find-text")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._closes_on_enter:
            self.action_go(-1 if self._is_backward else 1)
            return
        self._hide()
        self._search()

    @property
    def _current(self) -> int:
        """Index of the match that is selected; -1 for none."""
        here = self._area.search_range
        matches = self._found.matches
        index = bisect_left(matches, here.start, key=lambda match: match.start)
        if index == len(matches) or matches[index].start != here.start:
            return -1
        return index if here.is_empty or matches[index].end == here.end else -1

    def _show_count(self) -> None:
        current = self._current
        self._count.remove_class("-wrong")
        self._count.update(_count_words(self._query, self._found, current))
        if self.display:
            self._area.show_matches(self._text, self._found.matches, current)

    # ── replacing ────────────────────────────────────────────────────────────────────────

    @on(Input.Submitted, "#replace-text")
    def _replace_entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._replace_current()

    @work(exclusive=True, group="find")
    async def _replace_current(self) -> None:
        """Replace the match that is selected, and go to the next one."""
        if not await self._look() or not self._found.matches:
            return
        current = self._current
        if current >= 0 and not await self._replace_match(self._found.matches[current]):
            return
        if await self._look():
            here = Range.at(self._area.ranges[0].caret)
            self._go_from(here, include_here=True)

    async def _replace_match(self, place: Range) -> bool:
        text, query, template = self._text, self._query, self._replace.value
        try:
            step = await asyncio.to_thread(replace_one, text, query, place, template)
        except PatternError as exc:
            self._tell(exc)
            return False
        if step is None or self._area.flat_text is not text:
            return False
        self._area.take_step(step)
        return True

    def action_replace_all(self) -> None:
        if not self._has_replace:
            self._show_replace(True)
            self._replace.focus()
        else:
            self._replace_everywhere()

    @work(exclusive=True, group="find")
    async def _replace_everywhere(self) -> None:
        text, query, template = self._area.flat_text, self.query_now, self._replace.value
        caret = self._area.ranges[0].start
        try:
            step, count = await asyncio.to_thread(replace_all, text, query, template, caret)
        except PatternError as exc:
            self._tell(exc)
            self.app.notify(f"{exc.message}. {exc.hint}".rstrip(" ."), severity="warning")
            return
        if self._area.flat_text is not text:
            self.app.notify("The text was changed meanwhile: nothing was replaced.")
            return
        if step is not None:
            self._area.take_step(step)
        places = "place" if count == 1 else "places"
        self.app.notify(f"Replaced in {count:,} {places}." if count else "Nothing to replace.")
        await self._look()

    @work(exclusive=True, group="find")
    async def action_select_all(self) -> None:
        if await self._look() and self._found.matches:
            self._area.select_places(self._found.matches)
            self._hide()


def _count_words(query: Query, found: Found, current: int) -> str:
    """How many there are, and which of them one is at.

    >>> _count_words(Query("a"), Found((Range(0, 1), Range(2, 3))), 1)
    '2 of 2'
    """
    if not query.pattern:
        return ""
    count = len(found.matches)
    if not count:
        return "not found"
    total = f"{count:,}+" if found.has_more else f"{count:,}"
    return f"{current + 1:,} of {total}" if current >= 0 else f"{total} found"
