"""Makes the README's picture from the real app: `python -m tests.tui.picture`."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

from tests.tui.desk import open_desk

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "images" / "tusk.svg"
SIZE = (124, 34)
FONTS = "'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas, monospace"


async def draw() -> str:
    """The demo as it opens, with a view's columns open in the catalogue."""
    async with open_desk(demo=True, size=SIZE) as desk:
        desk.app.theme = "tusk-dark"
        await desk.until(lambda: "18 rows" in desk.status, "the first result")
        await desk.until(lambda: "ports" in desk.text(), "the catalogue")
        await desk.press("f2", "tab", "tab", "down", "down", "down", "right")
        await desk.until(lambda: "takings" in desk.text(), "the columns")
        await desk.press("f4", "down", "down")
        await desk.pilot.pause()
        return desk.app.export_screenshot(title="tusk demo")


def without_web_fonts(svg: str) -> str:
    """Fonts from elsewhere are not loaded in a README; leave them out."""
    svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg)
    return re.sub(r"font-family: (?:Fira Code|arial)[^;]*;", f"font-family: {FONTS};", svg)


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["TUSK_HOME"] = home
        svg = without_web_fonts(asyncio.run(draw()))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
