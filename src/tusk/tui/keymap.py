"""The keys in force: a preset, and the user's own over it; and what is wrong with those."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from tusk.core.errors import ConfigError
from tusk.tui.actions import key_text
from tusk.tui.key_names import UNBOUND, Reach, reach_of, read_keys
from tusk.tui.key_presets import PRESETS

if TYPE_CHECKING:
    from tusk.services.keymap import OwnKeymap, OwnKeys
    from tusk.services.settings import Settings


@runtime_checkable
class HasKeymap(Protocol):
    """An app that knows the user's keys."""

    user_keymap: Mapping[str, str]


def keymap_of(app: App[object]) -> Mapping[str, str]:
    """Binding id → keys, as the settings say; empty in an app without settings."""
    return app.user_keymap if isinstance(app, HasKeymap) else {}


def keys_in_force(settings: Settings, own: OwnKeymap) -> dict[str, str]:
    """Binding id → keys, where they are not the declared ones; what cannot be read is left out."""
    found = dict(PRESETS[settings.app.keys])
    for keys in own.keys.values():
        readable = _readable(keys)
        if readable:
            found[keys.id] = ",".join(readable)
    return found


def _readable(own: OwnKeys) -> list[str]:
    """The keys that are some: one that is none does not take the others away."""
    found: list[str] = []
    for part in own.keys.split(",") if own.keys.strip() else [""]:
        if part.strip() or not own.keys.strip():
            try:
                found += read_keys(part)
            except ConfigError:
                continue
    return found


# ── every binding there is ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """The keys of an action, for a list.

    Args:
        id: The action's.
        keys: In force, by Textual's names.
        is_changed: Whether a preset or the user changed them.
        description: Two or three words.
        tooltip: One sentence.
    """

    id: str
    keys: tuple[str, ...]
    is_changed: bool
    description: str
    tooltip: str

    @property
    def words(self) -> str:
        """The keys as people write them."""
        return "  ".join(key_text(key) for key in self.keys)

    @property
    def reach(self) -> Reach:
        """Whether one of the keys comes through every terminal."""
        reaches = {reach_of(key) for key in self.keys}
        return next((reach for reach in Reach if reach in reaches), Reach.NONE)


def all_keys(keymap: Mapping[str, str]) -> list[KeyInfo]:
    """Every action that can have other keys, by id."""
    found: dict[str, KeyInfo] = {}
    for kind in classes_with_bindings():
        for binding in own_bindings(kind):
            if binding.id and binding.id not in found:
                found[binding.id] = KeyInfo(
                    binding.id,
                    _keys_of(binding, keymap),
                    binding.id in keymap,
                    binding.description,
                    binding.tooltip,
                )
    return [found[name] for name in sorted(found)]


@cache
def classes_with_bindings() -> tuple[type[DOMNode], ...]:
    """Every widget, screen and app class of tusk that declares keys. Imports all of the app."""
    package = importlib.import_module("tusk.tui")
    for module in pkgutil.walk_packages(package.__path__, "tusk.tui."):
        importlib.import_module(module.name)
    found = {kind for kind in _subclasses(DOMNode) if own_bindings(kind)}
    return tuple(sorted(found, key=lambda kind: (kind.__module__, kind.__qualname__)))


def _subclasses(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith("tusk."):
            yield each
        yield from _subclasses(each)


def own_bindings(kind: type[DOMNode]) -> list[Binding]:
    """The bindings that a class declares itself, without those of Textual's own workings."""
    declared = cast("Sequence[object]", kind.__dict__.get("BINDINGS", ()))
    return [each for each in declared if isinstance(each, Binding) and not each.system]


def _keys_of(binding: Binding, keymap: Mapping[str, str]) -> tuple[str, ...]:
    keys = [key.strip() for key in keymap.get(binding.id or "", binding.key).split(",")]
    expanded = (each for key in keys for each in _named(key))
    return tuple(key for key in expanded if key != UNBOUND and not key.startswith("super+"))


def _named(key: str) -> tuple[str, ...]:
    """A declared key by Textual's name: `/` is `slash`."""
    return read_keys(key) if len(key) == 1 else (key,)


# ── what is wrong ────────────────────────────────────────────────────────────────────────────


def check_keymap(settings: Settings, own: OwnKeymap) -> list[ConfigError]:
    """Everything that is wrong with the user's own keys. Imports all of the app."""
    problems = [*own.problems]
    known = {info.id for info in all_keys({})}
    for keys in own.keys.values():
        problems += _problems_of(keys, known)
    problems += _clashes(settings, own)
    return problems


def _problems_of(own: OwnKeys, known: Iterable[str]) -> Iterator[ConfigError]:
    if own.id not in known:
        close = difflib.get_close_matches(own.id, sorted(known), n=1)
        hint = f"did you mean {close[0]}?" if close else "`tusk config keys` lists them"
        yield ConfigError(f"{own.source}: there is no action {own.id!r}", hint=hint)
    for part in own.keys.split(",") if own.keys.strip() else []:
        try:
            if not part.strip():
                raise ConfigError("a key is missing", hint="the comma as a key is called comma")
            read_keys(part)
        except ConfigError as exc:
            yield ConfigError(f"{own.source}: {own.id}: {exc.message}", hint=exc.hint)


def _clashes(settings: Settings, own: OwnKeymap) -> Iterator[ConfigError]:
    """Keys that mean two actions in one place only since the user changed some."""
    if not own.keys:
        return
    before = {
        (key, pair)
        for key, pair, _ in doubled_keys(PRESETS[settings.app.keys], classes_with_bindings())
    }
    told: set[tuple[str, tuple[str, str]]] = set()
    for key, pair, place in doubled_keys(keys_in_force(settings, own), classes_with_bindings()):
        if (key, pair) not in before and (key, pair) not in told:
            told.add((key, pair))
            source = next(own.keys[name].source for name in pair if name in own.keys)
            yield ConfigError(
                f"{source}: {key_text(key)} is {pair[0]} and {pair[1]} ({place})",
                hint="give one of them another key",
            )


def doubled_keys(
    keymap: Mapping[str, str], kinds: Sequence[type[DOMNode]]
) -> Iterator[tuple[str, tuple[str, str], str]]:
    """Each key with two actions in one place, their ids in order, and the place."""
    for place in kinds:
        ids: dict[str, list[str]] = {}
        for binding in _bindings_in(place, kinds):
            for key in _keys_of(binding, keymap):
                ids.setdefault(key, []).append(binding.id or "")
        for key, names in ids.items():
            for pair in combinations(sorted(set(names) - {""} - _SOMETIMES), 2):
                yield key, (pair[0], pair[1]), _words(place)


def _words(place: type[DOMNode]) -> str:
    """A class in words.

    >>> class ResultGrid(DOMNode): ...
    >>> _words(ResultGrid)
    'result grid'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", place.__name__).lower()


# They act at times only, and leave the key to others else.
_SOMETIMES = {"query.cancel", "connection.reopen"}

# Where a widget is, from the inside out, besides the app: by the names of the classes.
_ON_QUERY_SCREEN = {
    "AssistedEditor": (),
    "FindBar": (),
    "ResultGrid": ("ResultPane",),
    "ResultPane": (),
    "ConnectionList": (),
    "CatalogTree": ("CatalogPane",),
    "LazyTree": ("CatalogPane",),
    "CatalogPane": (),
}


def _bindings_in(place: type[DOMNode], kinds: Sequence[type[DOMNode]]) -> Iterator[Binding]:
    """Every binding that a key may run while a widget, or a screen, of this class has the focus."""
    by_name = {kind.__name__: kind for kind in kinds}
    chain: list[type[DOMNode]] = [place]
    if place.__name__ in _ON_QUERY_SCREEN:
        names = (*_ON_QUERY_SCREEN[place.__name__], "QueryScreen")
        chain += [by_name[name] for name in names if name in by_name]
    for kind in chain:
        for base in kind.__mro__:
            if issubclass(base, DOMNode):
                yield from own_bindings(base)
    if not issubclass(place, App):
        # Those with priority reach through any screen; the others end at a dialog.
        for kind in kinds:
            if issubclass(kind, App):
                yield from (b for b in own_bindings(kind) if b.priority or _is_base(place))


def _is_base(place: type[DOMNode]) -> bool:
    """Whether it is a screen at the bottom, which the app's own keys reach."""
    return issubclass(place, Screen) and place.__name__ == "QueryScreen"
