"""What a format may be told: each one declares its options once, as a dataclass.

The fields of that class are the options: name, type, default, and what `option` says about them.
Both front ends read what a user typed by `read_options`, and list what there is by `declared`.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast, get_args, get_origin

from tusk.core.errors import UsageError

T = TypeVar("T")

_HELP, _CHECK, _RANGE = "help", "check", "range"
_TRUE = frozenset({"yes", "true", "on", "1"})
_FALSE = frozenset({"no", "false", "off", "0"})


def option(
    default: T,
    help_: str,
    *,
    check: Callable[[str], str] | None = None,
    least: int | None = None,
    most: int | None = None,
) -> T:
    """Declare an option, as the default of a field.

    Args:
        default: Its value when nothing is said.
        help_: One or two sentences.
        check: Reads a text; raises ValueError with what is wrong with it.
        least: Of a number.
        most: Of a number.
    """
    metadata = {_HELP: help_, _CHECK: check, _RANGE: (least, most)}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Option:
    """An option as a front end shows it.

    Args:
        name: As in `--option name=value`.
        kind: `yes or no`, `number`, `text`, `names`, or `choice`.
        default: In the words in which it would be given; empty for a text that is empty and for
            what the format finds out by itself.
        help: One or two sentences.
        choices: What may be chosen.
    """

    name: str
    kind: str
    default: str
    help: str
    choices: tuple[str, ...] = ()


def declared(options: type[Any]) -> list[Option]:
    """The options of a class that declares them, in order."""
    return [_described(field, type_) for field, type_ in _fields(options)]


def _fields(options: type[Any]) -> Iterator[tuple[dataclasses.Field[Any], Any]]:
    hints = typing.get_type_hints(options)
    for field in dataclasses.fields(options):
        yield field, _without_none(hints[field.name])


def _without_none(hint: Any) -> Any:
    if get_origin(hint) is types.UnionType:
        return next(part for part in get_args(hint) if part is not type(None))
    return hint


def _described(field: dataclasses.Field[Any], type_: Any) -> Option:
    choices: tuple[str, ...] = ()
    if type_ is bool:
        kind = "yes or no"
    elif type_ is int:
        kind = "number"
    elif get_origin(type_) is Literal:
        kind, choices = "choice", get_args(type_)
    else:
        kind = "names" if get_origin(type_) is tuple else "text"
    return Option(field.name, kind, words(field.default), field.metadata[_HELP], choices)


def words(value: object) -> str:
    r"""A value as it would be typed.

    >>> words(True), words(None), words(("a", "b")), words("\t")
    ('yes', '', 'a,b', 'tab')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join(cast("tuple[str, ...]", value))
    return "tab" if value == "\t" else str(value)


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def parse_pairs(arguments: Sequence[str]) -> dict[str, str]:
    """Read `NAME=VALUE`s.

    >>> parse_pairs(["delimiter=;", "null="])
    {'delimiter': ';', 'null': ''}

    Raises:
        UsageError: One has no `=`, or a name comes twice.
    """
    pairs: dict[str, str] = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name:
            raise UsageError(
                f"the option {argument!r} is not NAME=VALUE", hint="as in --option delimiter=';'"
            )
        if name in pairs:
            raise UsageError(f"the option {name!r} is given twice")
        pairs[name] = value
    return pairs


def read_options(options: type[T], format_name: str, pairs: Mapping[str, str]) -> T:
    """The options that a user gave, the others at their defaults.

    Args:
        options: The class that declares them.
        format_name: For messages.
        pairs: Texts by name.

    Raises:
        UsageError: There is no such option, or its value is none; the hint says what there is.
    """
    known = {field.name: (field, type_) for field, type_ in _fields(options)}
    for name in pairs:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise UsageError(
                f"{format_name} has no option {name!r}", hint=f"options of {format_name}: {listed}"
            )
    values: dict[str, object] = {}
    for name, text in pairs.items():
        field, type_ = known[name]
        try:
            values[name] = _read(text, field, type_)
        except ValueError as exc:
            raise UsageError(
                f"the option {name}={text!r} of {format_name}: {exc}", hint=field.metadata[_HELP]
            ) from None
    return options(**values)


def _read(text: str, field: dataclasses.Field[Any], type_: Any) -> object:
    check = field.metadata[_CHECK]
    if type_ is bool:
        return _read_bool(text)
    if type_ is int:
        return _read_int(text, *field.metadata[_RANGE])
    if get_origin(type_) is Literal:
        if text.lower() not in get_args(type_):
            raise ValueError(f"one of {', '.join(get_args(type_))}")
        return text.lower()
    if get_origin(type_) is tuple:
        return tuple(name.strip() for name in text.split(",") if name.strip())
    return check(text) if check is not None else text


def _read_bool(text: str) -> bool:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("yes or no")
    return word in _TRUE


def _read_int(text: str, least: int | None, most: int | None) -> int:
    limits = (
        f"{'' if least is None else f' from {least:,}'}{'' if most is None else f' to {most:,}'}"
    )
    try:
        number = int(text.replace("_", "").replace(",", ""))
    except ValueError:
        raise ValueError(f"a whole number{limits}") from None
    if (least is not None and number < least) or (most is not None and number > most):
        raise ValueError(f"a whole number{limits}")
    return number


def one_character(text: str) -> str:
    r"""Read a character; `tab`, `space` and `\t` have names.

    >>> one_character("tab"), one_character(";")
    ('\t', ';')
    """
    text = {"tab": "\t", r"\t": "\t", "space": " "}.get(text, text)
    if len(text) != 1:
        raise ValueError("one character, or tab")
    if text in "\r\n\0":
        raise ValueError("not a line break or NUL")
    return text
