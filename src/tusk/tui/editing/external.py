"""A text in the user's own editor: a program that takes the terminal until it ends."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tusk.core.errors import TuskError

_HINT = "set VISUAL or EDITOR to your editor, as in `export VISUAL=vim`"
_USUAL = ("nano", "vim", "vi")


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
            code = subprocess.run([*command, str(file)], check=False).returncode
            if code != 0:
                raise TuskError(f"{command[0]} ended with {_ending(code)}: the text is as it was")
            return file.read_bytes().decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise TuskError(
            f"{command[0]} saved something else than UTF-8: the text is as it was"
        ) from None
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise TuskError(f"{command[0]} cannot edit the text: {reason}", hint=_HINT) from None


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
