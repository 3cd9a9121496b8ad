"""A text in the user's own editor: a program that takes the terminal until it ends."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from textual.app import SuspendNotSupported

from tusk.core.errors import TuskError

if TYPE_CHECKING:
    from textual.app import App

T = TypeVar("T")

_HINT = "set VISUAL or EDITOR to your editor, as in `export VISUAL=vim`"
_USUAL = ("nano", "vim", "vi")


def give_terminal(app: App[object], edit: Callable[[list[str]], T]) -> T | None:
    """Give the terminal to the user's editor until that ends; what `edit` returns.

    Args:
        app: What has the terminal; is told to its user why there is no answer.
        edit: Runs the editor, whose command it gets.
    """
    try:
        command = editor_command(os.environ)
        # Nothing may draw meanwhile, so that this waits without letting anything else run.
        with app.suspend():
            return edit(command)
    except TuskError as exc:
        app.notify(f"{exc.message}. {exc.hint}".rstrip(" ."), severity="error", timeout=10)
    except SuspendNotSupported:
        app.notify("This terminal cannot be given away.", severity="error")
    return None


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """The user's editor, with its arguments.

    Raises:
        TuskError: There is none, or it is not to be found.
    """
    for name in ("VISUAL", "EDITOR"):
        if written := environment.get(name, "").strip():
            try:
                command = shlex.split(written)
            except ValueError as exc:
                raise TuskError(f"{name} cannot be read: {exc}", hint=_HINT) from None
            if shutil.which(command[0]) is None:
                raise TuskError(f"the editor {command[0]!r} of {name} is not found", hint=_HINT)
            return command
    for usual in _USUAL:
        if shutil.which(usual) is not None:
            return [usual]
    raise TuskError("no editor is found", hint=_HINT)


def edit_outside(command: list[str], text: str) -> str:
    """Let the user's editor change a text; what it saved.

    The text is in a file that only the user can read, in a folder of its own, which go with this
    call's end.

    Raises:
        TuskError: The editor does not start, ends with an error, or leaves no text. Nothing that
            it saved is used then.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="tusk-") as folder:
            file = Path(folder) / "query.sql"
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(text.encode("utf-8", "surrogatepass"))
            if ending := _run(command, file):
                raise TuskError(f"{ending}: the text is as it was")
            return file.read_bytes().decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise TuskError(
            f"{command[0]} saved something else than UTF-8: the text is as it was"
        ) from None
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise TuskError(f"{command[0]} cannot edit the text: {reason}", hint=_HINT) from None


def edit_file(command: list[str], file: Path) -> None:
    """Let the user's editor change a file.

    Raises:
        TuskError: The editor does not start, or ends with an error.
    """
    try:
        ending = _run(command, file)
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise TuskError(f"{command[0]} cannot edit {file}: {reason}", hint=_HINT) from None
    if ending:
        raise TuskError(ending)


def _run(command: list[str], file: Path) -> str:
    """Run the editor; how it ended, empty if well."""
    code = subprocess.run([*command, str(file)], check=False).returncode
    if code == 0:
        return ""
    return f"{command[0]} ended with " + (f"signal {-code}" if code < 0 else f"exit code {code}")
