"""Reading files of other programs, which may hold anything."""

from __future__ import annotations

import colorsys
import json
import re
from pathlib import Path

from tusk.config.files import storage_error
from tusk.core.errors import StorageError, UsageError
from tusk.core.text import safe
from tusk.store.connections import SshRoute

MOST_BYTES = 16 << 20
"""A list of connections larger than this is none."""
_HUES = (
    (15, "red"),
    (45, "orange"),
    (70, "yellow"),
    (170, "green"),
    (255, "blue"),
    (330, "purple"),
)


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        StorageError: It cannot be read, is no file, or is too large.
        UsageError: It is no text.
    """
    try:
        # A pipe or a device could be read without end.
        if not path.is_file():
            raise StorageError(f"there is no file {safe(str(path))!r}")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as exc:
        raise storage_error(path, "read", exc) from exc
    if len(content) > MOST_BYTES:
        raise StorageError(f"{path} is larger than {MOST_BYTES >> 20} MiB: it is no such list")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text in UTF-8") from None


def read_json(path: Path) -> dict[str, object]:
    """The object in a JSON file.

    Raises:
        StorageError: It cannot be read, or is too large.
        UsageError: It holds something else.
    """
    return parse_json(read_text(path), str(path))


def parse_json(text: str, what: str) -> dict[str, object]:
    """The object in a JSON text. Raises UsageError when it holds something else."""
    try:
        found = json.loads(text)
    except RecursionError:
        raise UsageError(f"{what} is nested too deeply") from None
    except ValueError as exc:
        raise UsageError(f"{what} is not valid JSON: {exc}") from None
    if not isinstance(found, dict):
        raise UsageError(f"{what} holds no JSON object")
    return found


def object_of(value: object) -> dict[str, object]:
    """A JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str:
    """A JSON text or whole number as text, empty for anything else.

    >>> text_of("a"), text_of(5432), text_of(True), text_of(None), text_of(["a"])
    ('a', '5432', '', '', '')
    """
    if isinstance(value, bool):
        return ""
    return str(value).strip() if isinstance(value, str | int) else ""


def is_true(value: object) -> bool:
    """Whether a JSON value means yes, as programs have written it.

    >>> [is_true(value) for value in (True, 1, "1", "True", False, 0, "no", None, [1])]
    [True, True, True, True, False, False, False, False, False]
    """
    return value is True or text_of(value).lower() in ("1", "true")


def ssh_host(user: str, host: str, port: str) -> str:
    """A host as `SshRoute` takes it.

    >>> ssh_host("ann", "bastion", "22"), ssh_host("", "::1", "2222")
    ('ann@bastion', '[::1]:2222')
    """
    named = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return (
        (f"{user}@" if user else "") + named + (f":{port}" if port not in ("", "0", "22") else "")
    )


def identity_of(path: str) -> str:
    """The file of a private key; of a public one, the private one beside it.

    >>> identity_of("/home/ann/.ssh/id_rsa.pub")
    '/home/ann/.ssh/id_rsa'
    """
    return path.removesuffix(".pub")


def route(hosts: list[str], identity: str) -> SshRoute:
    """The tunnel through hosts, the last of which it begins at."""
    return SshRoute(hosts[-1], ",".join(hosts[:-1]), identity)


def colour_near(text: str) -> str:
    """The name of a connection's colour for `#rrggbb` or `r,g,b`; empty for white and for others.

    >>> [colour_near(text) for text in ("#ff9900", "250,207,207", "255,255,255", "120,120,120")]
    ['orange', 'red', '', 'grey']
    """
    hexadecimal = re.fullmatch(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", text)
    decimal = re.fullmatch(r"(\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3})", text)
    if hexadecimal is not None:
        red, green, blue = (int(part, 16) / 255 for part in hexadecimal.groups())
    elif decimal is not None:
        red, green, blue = (min(int(part), 255) / 255 for part in decimal.groups())
    else:
        return ""
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    if lightness > 0.97:
        return ""
    if saturation < 0.15:
        return "grey"
    return next((name for limit, name in _HUES if hue * 360 < limit), "red")
