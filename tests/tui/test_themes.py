"""Themes: their contrast is computed, the user's own are checked, and choosing one shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.color import Color
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import OptionList

from tests.tui.desk import Desk, open_desk
from tusk.config.paths import Paths
from tusk.core.errors import ConfigError
from tusk.tui.screens.themes import ThemeScreen
from tusk.tui.themes import CONTRAST_DARK, CONTRAST_LIGHT
from tusk.tui.user_themes import load_user_themes

HIGH = (CONTRAST_DARK.name, CONTRAST_LIGHT.name)
# Lines and bars: they hold no text.
NO_TEXT = ("scrollbar", "separator", "toggle--button-side", "help-text")
LINES = re.compile(r"[\s\u2500-\u259f]*")


def pairs(screen: Screen[object]) -> Iterator[tuple[str, Color, Color]]:
    """Every text colour of the widgets in sight and of their parts, with what it stands on."""
    for widget in [screen, *screen.query("*").results(Widget)]:
        _, _, background, color = widget.colors
        yield f"{type(widget).__name__}#{widget.id}", color, background
        for name in sorted(widget._get_component_classes()):
            styles = widget.get_component_styles(name)
            # Without a colour of its own it has the widget's.
            is_own = styles.has_rule("color") and styles.color.a > 0
            if is_own and not any(word in name for word in NO_TEXT):
                own = widget.get_visual_style(name)
                on = background + own.background if own.background else background
                if own.foreground:
                    yield f"{type(widget).__name__} {name}", on + own.foreground, on


def painted(screen: Screen[object]) -> Iterator[tuple[str, Color, Color]]:
    """What is on the screen: each text with its colour and the one behind it.

    Of a dialog only itself: what is below it has a veil.
    """
    shown = screen.children[0].region if screen.is_modal else screen.region
    for strip in screen._compositor.render_strips()[shown.y : shown.bottom]:
        for text, style, _ in strip.crop(shown.x, shown.right):
            if style is not None and style.color and style.bgcolor and not LINES.fullmatch(text):
                colors = (Color.from_rich_color(c) for c in (style.color, style.bgcolor))
                fore, behind = reversed(list(colors)) if style.reverse else colors
                yield repr(text), fore, behind


def low(screen: Screen[object], minimum: float) -> list[str]:
    """The pairs below a contrast."""
    return sorted(
        {
            f"{name}: {color.hex} on {on.hex}, {contrast:.2f}"
            for name, color, on in [*pairs(screen), *painted(screen)]
            if (contrast := ratio(color, on)) < minimum
        }
    )


def ratio(one: Color, other: Color) -> float:
    """WCAG 2.1's contrast ratio, from the relative luminance of both."""

    def luminance(color: Color) -> float:
        parts = [part / 255 for part in color.rgb]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_ratio_is_the_one_of_the_standard() -> None:
    assert ratio(Color.parse("white"), Color.parse("black")) == pytest.approx(21)
    assert ratio(Color.parse("#777777"), Color.parse("white")) == pytest.approx(4.48, abs=0.01)


async def test_every_text_of_high_contrast_has_seven_to_one() -> None:
    async with open_desk(size=(120, 40)) as desk:
        await desk.run("select 1 as a, null as b, true as c, 'x' as d -- ok\n;select nothing")
        found: set[str] = set()
        for keys in ([], ["f2"], ["f4"], ["ctrl+p"], ["f1"], ["alt+y"], ["alt+q"], ["alt+shift+h"]):
            await desk.press(*keys)
            await desk.pilot.pause()
            for name in HIGH:
                desk.app.theme = name
                for _ in range(4):
                    await desk.pilot.pause()
                found |= {f"{name} after {keys}: {each}" for each in low(desk.app.screen, 7)}
            if len(desk.app.screen_stack) > 1:
                await desk.press("escape")
                await desk.until(lambda: len(desk.app.screen_stack) == 1, "the way back")
        assert not found, "\n".join(sorted(found))


# ── the user's own ───────────────────────────────────────────────────────────────────────────


def write_theme(name: str, text: str) -> Path:
    folder = Paths.find().themes_dir
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_theme_begins_with_another_and_changes_what_it_names() -> None:
    write_theme(
        "sea", 'base = "tusk-light"\nprimary = "steelblue"\n[variables]\nborder = "#ff0000 50%"\n'
    ).chmod(0o666)
    (theme,), problems = load_user_themes()
    assert problems == []
    assert (theme.name, theme.primary, theme.dark) == ("sea", "steelblue", False)
    assert theme.variables["border"] == "#ff0000 50%"
    assert theme.variables["scrollbar"] == "#c6c8c6"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('primary = "stelblue"', "line 1: primary is no colour: 'stelblue'", "steelblue"),
        ("\nprimary = 5", "line 2: primary is no colour: 5", "as in"),
        ('primry = "red"', "unknown 'primry'", "did you mean primary?"),
        ('[variables]\nbordr = "red"', "line 2: unknown variable 'bordr'", "border"),
        ('[variables]\nborder = "red 5x%"', "border is no colour", "as in"),
        ('[variables]\nblock-cursor-text-style = "blink [/x]"', "no text style", "bold"),
        ('dark = "yes"', "dark must be true or false", ""),
        ("base = [1]", "there is no theme [1]", "tusk-dark"),
        ("x = [", "is not valid TOML", "correct it"),
    ],
)
def test_what_is_wrong_with_a_theme_is_told_with_its_place(
    text: str, message: str, hint: str
) -> None:
    path = write_theme("own", text)
    write_theme("tusk-dark", "")
    write_theme("good", "")
    themes, problems = load_user_themes()
    assert [theme.name for theme in themes] == ["good"]
    (problem,) = [each for each in problems if str(path) in each.message]
    assert isinstance(problem, ConfigError)
    assert message in problem.message
    assert hint in problem.hint
    assert any("tusk-dark is a theme of tusk's" in each.message for each in problems)


async def test_themes_are_seen_while_choosing_and_escape_goes_back() -> None:
    write_theme("sea", 'primary = "#00ffff"')
    write_theme("broken", 'primary = "[/x]"')
    async with open_desk(size=(80, 24)) as desk:
        await desk.until_shown("primary is no colour: '[/x]'")
        await choose(desk, "tusk-contrast-light")
        assert desk.app.theme == "tusk-contrast-light"
        await desk.press("escape")
        await desk.until(lambda: not isinstance(desk.app.screen, ThemeScreen), "the screen below")
        assert desk.app.theme == "tusk-dark"
        await choose(desk, "sea")
        await desk.press("enter")
        await desk.until(lambda: not isinstance(desk.app.screen, ThemeScreen), "the screen below")
        assert desk.app.theme == "sea"
        await desk.press("ctrl+q")
        await desk.until(lambda: not desk.app.is_running, "the end")
    async with open_desk() as desk:
        assert desk.app.theme == "sea"


async def choose(desk: Desk, name: str) -> None:
    """Put the cursor on a theme."""
    await desk.press("alt+shift+d")
    await desk.until(lambda: isinstance(desk.app.screen, ThemeScreen), "the themes")
    options = desk.app.screen.query_one(OptionList)
    lines = [str(options.get_option_at_index(i).prompt) for i in range(options.option_count)]
    place = next(i for i, line in enumerate(lines) if line.startswith(f"{name} "))
    steps = place - (options.highlighted or 0)
    await desk.press(*["down" if steps > 0 else "up"] * abs(steps))
    await desk.pilot.pause()


async def test_without_colours_and_with_sixteen_it_still_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_desk() as desk:
        for name in (*HIGH, "tusk-16"):
            desk.app.theme = name
            await desk.run("select 42 as answer")
            await desk.until_shown("42")
