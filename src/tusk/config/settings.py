"""The settings a user can change: one frozen tree, documented where it is defined.

`tusk.config.settings_file` reads them from `config.toml` and the environment, and changes them.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin, get_type_hints

from tusk.core.errors import ConfigError

Value = bool | int | float | str | Mapping[str, str]


def _setting(default: Any, doc: str, *, minimum: float | None = None) -> Any:
    """A documented field. `Any` as in `dataclasses.field`: the annotation beside it counts."""
    metadata = {"doc": doc, "minimum": minimum}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """Running statements."""

    default_connection: str = _setting(
        "",
        "Connection name, URL or file used when none is given. Empty: DuckDB in memory.",
    )
    fetch_limit: int = _setting(
        10_000,
        "Rows the app fetches before it waits for you to scroll on.",
        minimum=1,
    )
    timeout_s: float = _setting(
        0.0,
        "Time limit for each statement in seconds. 0: no limit. A connection's own limit and "
        "`--timeout` go before it.",
        minimum=0,
    )
    memory_mib: int = _setting(
        256,
        "Memory for the rows of one result before they go to a temporary file, in MiB.",
        minimum=1,
    )


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """What `tusk query` writes."""

    format: str = _setting(
        "",
        "Format where neither `-F` nor the file's suffix tells. Empty: `table` on a terminal, "
        "`csv` elsewhere.",
    )
    null: str = _setting(
        "",
        "How NULL is shown in the `table` and `vertical` formats. Empty: their own way. `--null` "
        "goes before it.",
    )


@dataclass(frozen=True, slots=True)
class AppSettings:
    """The terminal app."""

    theme: str = _setting(
        "",
        "Name of the colour theme. Empty: the one chosen last in the app.",
    )
    keys: Literal["default", "vim", "emacs"] = _setting(
        "default",
        "The keys of the app. `vim`: hjkl in lists and trees, Alt+H, J, K between panes. `emacs`: "
        "Ctrl+P, N, B, F move, Alt+X finds commands. The editor's own vim keys: `editor.keys`.",
    )
    keymap: Mapping[str, str] = _setting(
        {},
        "Your own keys: action id to comma-separated keys, as in "
        '`"query.run" = "f5,ctrl+r"`. It goes before `keymap.toml`; `tusk config keys` lists the '
        "ids.",
    )
    reconnect: bool = _setting(
        True,
        "Open a lost connection to a server again by itself, with growing pauses. Nothing is run "
        "again. F6 does it by hand in any case.",
    )


@dataclass(frozen=True, slots=True)
class EditorSettings:
    """The editor of the app."""

    completion: bool = _setting(
        True,
        "Open the list of completions while you type. Ctrl+Space opens it in any case.",
    )
    keyword_case: Literal["auto", "upper", "lower"] = _setting(
        "auto",
        "How completion and layout write keywords. `auto`: completion as you type them, layout leaves "
        "them as they are.",
    )
    keys: Literal["standard", "vim"] = _setting(
        "standard",
        "`vim`: normal, insert and visual modes with vim's motions, operators and registers.",
    )


@dataclass(frozen=True, slots=True)
class SecretSettings:
    """Where passwords are kept."""

    store: Literal["auto", "keyring", "file"] = _setting(
        "auto",
        "`keyring`: the desktop's keyring. `file`: `secrets.toml`, readable by you only. "
        "`auto`: the keyring where one works, else the file.",
    )


@dataclass(frozen=True, slots=True)
class LogSettings:
    """The app's log file."""

    level: Literal["debug", "info", "warning", "error"] = _setting(
        "info",
        "The least important messages that are written to the log file.",
    )


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """The history of statements."""

    enabled: bool = _setting(
        True,
        "Keep each statement that is run, with its secrets masked. A connection's own `history = "
        "false` and `--no-history` go before it.",
    )
    keep_statements: int = _setting(
        10_000,
        "Statements to keep; the oldest go first, pinned ones stay. 0: any number.",
        minimum=0,
    )
    keep_days: float = _setting(
        365.0,
        "Days for which statements are kept; pinned ones stay. 0: for ever.",
        minimum=0,
    )
    keep_parameters: bool = _setting(
        False,
        "Keep the values of parameters too. They may be secrets that nothing shows to be some.",
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, in sections."""

    query: QuerySettings = field(default_factory=QuerySettings)
    output: OutputSettings = field(default_factory=OutputSettings)
    app: AppSettings = field(default_factory=AppSettings)
    editor: EditorSettings = field(default_factory=EditorSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    secrets: SecretSettings = field(default_factory=SecretSettings)
    log: LogSettings = field(default_factory=LogSettings)


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """One setting, described.

    Args:
        key: `section.name`.
        variable: The environment variable that overrides it.
        type: What is accepted, in words.
        default: Its default value.
        doc: What it does.
    """

    key: str
    variable: str
    type: str
    default: Value
    doc: str
    annotation: Any = field(repr=False, compare=False)  # a type or a Literal
    minimum: float | None = None


def describe() -> list[SettingInfo]:
    """Every setting, in the order of the tree."""
    return list(_infos())


def _infos() -> Iterator[SettingInfo]:
    for section in dataclasses.fields(Settings):
        section_type = get_type_hints(Settings)[section.name]
        hints = get_type_hints(section_type)
        defaults = section_type()
        for item in dataclasses.fields(section_type):
            annotation = hints[item.name]
            yield SettingInfo(
                key=f"{section.name}.{item.name}",
                variable=f"TUSK_{section.name}_{item.name}".upper(),
                type=_type_words(annotation),
                default=getattr(defaults, item.name),
                doc=item.metadata["doc"],
                annotation=annotation,
                minimum=item.metadata["minimum"],
            )


def _type_words(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(get_args(annotation))
    if get_origin(annotation) is not None:
        return "a table of texts"
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    return words[annotation]


def setting_info(key: str) -> SettingInfo:
    """Describe one setting.

    Raises:
        ConfigError: There is no such setting.
    """
    known = {info.key: info for info in _infos()}
    if key in known:
        return known[key]
    raise ConfigError(f"there is no setting {key!r}", hint=similar_key(key, known))


def similar_key(key: str, known: Mapping[str, SettingInfo]) -> str:
    """A hint for a key that does not exist."""
    close = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {close[0]}?" if close else "`tusk config show` lists them all"


def get(settings: Settings, key: str) -> Value:
    """The value of `section.name`. Raises ConfigError when there is no such setting."""
    setting_info(key)
    section, name = key.split(".")
    value: Value = getattr(getattr(settings, section), name)
    return value


def check(info: SettingInfo, value: object) -> Value:
    """Check a value as it comes from TOML, and return it with the setting's type.

    Raises:
        ConfigError: It does not fit. The message has no place in it.
    """
    annotation = info.annotation
    checked: Value | None = None
    if get_origin(annotation) is Literal:
        checked = value if isinstance(value, str) and value in get_args(annotation) else None
    elif get_origin(annotation) is not None:
        checked = _texts(value)
    elif annotation is float and isinstance(value, int) and not isinstance(value, bool):
        checked = float(value)
    elif isinstance(value, bool | int | float | str) and type(value) is annotation:
        checked = value
    if checked is None:
        raise ConfigError(f"{info.key} must be {info.type}, not {value!r}")
    if (
        info.minimum is not None
        and isinstance(checked, int | float)
        and not checked >= info.minimum
    ):
        raise ConfigError(f"{info.key} must be at least {info.minimum:g}, not {value!r}")
    if checked == math.inf:
        raise ConfigError(f"{info.key} must be {info.type}, not {value!r}")
    return checked


def _texts(value: object) -> Mapping[str, str] | None:
    if not isinstance(value, Mapping):
        return None
    texts = {k: v for k, v in value.items() if isinstance(k, str) and isinstance(v, str)}
    return texts if len(texts) == len(value) else None


def parse(info: SettingInfo, text: str) -> Value:
    """Read a value as a user types it, on a command line or in an environment variable.

    Raises:
        ConfigError: It does not fit the setting.
    """
    annotation = info.annotation
    value: object = text
    try:
        if annotation is bool:
            value = _parse_bool(text)
        elif annotation is int:
            value = int(text.replace("_", ""))
        elif annotation is float:
            value = float(text)
        elif get_origin(annotation) not in (None, Literal):
            value = dict(_parse_pair(pair) for pair in text.split(";") if pair.strip())
    except ValueError:
        raise ConfigError(f"{info.key} must be {info.type}, not {text!r}") from None
    return check(info, value)


def _parse_bool(text: str) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}
    if text.strip().lower() not in words:
        raise ValueError(text)
    return words[text.strip().lower()]


def _parse_pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise ValueError(text)
    return name.strip(), value.strip()
