"""Conditions on columns: what people write, what it means, and which rows meet it.

NULL meets no condition but `null` and a choice of values that has it, as in SQL.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isnan
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
import pyarrow.types as pat

from tusk.core.errors import UsageError
from tusk.core.render import is_numeric, render_strings
from tusk.core.render.arrays import Array, Field, kernels
from tusk.core.render.kinds import is_text
from tusk.core.schema import db_type_of
from tusk.services.results.identity import distinct_texts
from tusk.services.results.matching import Matcher
from tusk.services.results.sortkeys import KeyColumn, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

Mask: TypeAlias = Callable[[Array], Array]

CONDITION_HELP = "text · = != < <= > >= value · 1..9 · null · !null · !text · ~regex · and · or"
"""What can be written, in one line."""

_OPERATORS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">"} | {
    ">=": ">="
}
_COMPARISON = re.compile(r"(==?|!=|<>|<=|>=|<|>)\s*(.*)", re.DOTALL)
_NULL = re.compile(r"(?:is\s+)?null", re.IGNORECASE)
_NOT_NULL = re.compile(r"(?:(?:is\s+)?not\s+|!)null", re.IGNORECASE)
_BETWEEN = re.compile(r"(.+?)\.\.(?!\.)(.+)")
# Words join conditions only where an operator follows: "salt and pepper" is a text.
_BEFORE_OPERATOR = r"(?=[=<>!~]|(?:is\s+)?(?:not\s+)?null\b)"
_OR = re.compile(rf"\s+or\s+{_BEFORE_OPERATOR}", re.IGNORECASE)
_AND = re.compile(rf"\s+and\s+{_BEFORE_OPERATOR}", re.IGNORECASE)
_NUMBER = re.compile(
    r"[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?|inf(inity)?|nan)", re.IGNORECASE
)
_PARTIAL_DATE = re.compile(r"\d{4}(-\d\d)?")
_WORDS = {"true": True, "t": True, "yes": True, "1": True} | {
    "false": False,
    "f": False,
    "no": False,
    "0": False,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The value is equal to another one, smaller, larger …; as the column sorts.

    Args:
        operator: `=`, `!=`, `<`, `<=`, `>`, `>=`.
        text: The other value.
    """

    operator: str
    text: str

    def __str__(self) -> str:
        return f"{self.operator} {self.text}"


@dataclass(frozen=True, slots=True)
class Contains:
    """The shown text has another one in it; case matters only with capital letters."""

    text: str
    is_negated: bool = False

    def __str__(self) -> str:
        return f"!{self.text}" if self.is_negated else self.text


@dataclass(frozen=True, slots=True)
class Matches:
    """The shown text matches a regular expression, anywhere."""

    pattern: str
    is_negated: bool = False

    def __str__(self) -> str:
        return f"{'!' if self.is_negated else ''}~{self.pattern}"


@dataclass(frozen=True, slots=True)
class IsNull:
    """The value is NULL, or is not."""

    is_negated: bool = False

    def __str__(self) -> str:
        return "!null" if self.is_negated else "null"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The shown text is one of these.

    Args:
        texts: As the engine shows them.
        with_null: NULL is one of them too.
        is_negated: It is none of them; without `with_null` NULL is not either.
    """

    texts: frozenset[str]
    with_null: bool = False
    is_negated: bool = False

    def __str__(self) -> str:
        first = sorted(self.texts)[:3]
        shown = ["NULL"] * self.with_null + first + ["…"] * (len(self.texts) > len(first))
        return f"{'not ' if self.is_negated else ''}in ({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of some conditions are met."""

    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return " and ".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of some conditions is met."""

    parts: tuple[Condition, ...]

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts))


Condition: TypeAlias = Comparison | Contains | Matches | IsNull | OneOf | AllOf | AnyOf


# ── what was written ─────────────────────────────────────────────────────────────────────────


def parse_condition(text: str, field: Field) -> Condition | None:
    """What somebody wrote as a condition on a column; None for nothing.

    A bare number means equality on a column of numbers; any other bare text is looked for in what
    is shown.

    Raises:
        UsageError: It makes no sense on this column.

    >>> column = pa.field("n", pa.int64())
    >>> print(parse_condition("> 5 and < 10 or null", column), parse_condition("7", column))
    > 5 and < 10 or null = 7
    >>> parse_condition("salt and pepper", pa.field("t", pa.string()))
    Contains(text='salt and pepper', is_negated=False)
    """
    if not text.strip():
        return None
    alternatives = [_all_of(part, field) for part in _OR.split(text.strip())]
    condition = alternatives[0] if len(alternatives) == 1 else AnyOf(tuple(alternatives))
    compile_condition(condition, field)
    return condition


def _all_of(text: str, field: Field) -> Condition:
    parts = tuple(_one(part.strip(), field) for part in _AND.split(text))
    return parts[0] if len(parts) == 1 else AllOf(parts)


def _one(text: str, field: Field) -> Condition:
    if _NULL.fullmatch(text):
        return IsNull()
    if _NOT_NULL.fullmatch(text):
        return IsNull(is_negated=True)
    if found := _COMPARISON.fullmatch(text):
        return _comparison(*found.groups())
    if text.startswith(("~", "!~")):
        is_negated = text.startswith("!")
        return Matches(text.removeprefix("!")[1:].strip(), is_negated)
    if text.startswith("!") and text != "!":
        return Contains(text[1:].strip(), is_negated=True)
    has_order = is_numeric(field) or pat.is_temporal(field.type)
    if has_order and (found := _BETWEEN.fullmatch(text)):
        low, high = found.groups()
        return AllOf((Comparison(">=", low.strip()), Comparison("<=", high.strip())))
    if is_numeric(field) and _NUMBER.fullmatch(text):
        return Comparison("=", text)
    return Contains(text)


def _comparison(operator: str, text: str) -> Condition:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        text = text[1:-1].replace("''", "'")
    elif _NULL.fullmatch(text):
        raise UsageError("nothing compares with NULL", hint="write null or !null by itself")
    elif not text:
        raise UsageError(f"there is no value after {operator}", hint="'' is the empty text")
    return Comparison(_OPERATORS[operator], text)


# ── which rows meet it ───────────────────────────────────────────────────────────────────────


def compile_condition(condition: Condition, field: Field) -> Mask:
    """Make the function that tells of each value of a column whether it meets a condition.

    Raises:
        UsageError: The condition makes no sense on this column.
    """
    match condition:
        case Comparison():
            return _Compared(condition, field).mask
        case Contains(text=text, is_negated=is_negated):
            matcher = Matcher(text)
            return lambda values: _not_if(is_negated, matcher.cells(values, field), values)
        case Matches(pattern=pattern, is_negated=is_negated):
            _check_pattern(pattern)
            return lambda values: _not_if(is_negated, _matching(values, field, pattern), values)
        case IsNull(is_negated=is_negated):
            return lambda values: (
                kernels.is_valid(values) if is_negated else kernels.is_null(values)
            )
        case OneOf():
            return _one_of(condition, field)
        case AllOf(parts=parts):
            masks = [compile_condition(part, field) for part in parts]
            return lambda values: _joined(kernels.and_, masks, values)
        case AnyOf(parts=parts):
            masks = [compile_condition(part, field) for part in parts]
            return lambda values: _joined(kernels.or_, masks, values)


def _joined(join: Callable[..., Array], masks: Iterable[Mask], values: Array) -> Array:
    first, *others = (mask(values) for mask in masks)
    for other in others:
        first = join(first, other)
    return first


def _not_if(is_negated: bool, found: Array, values: Array) -> Array:
    """The opposite, where there is a value at all."""
    return kernels.and_not(kernels.is_valid(values), found) if is_negated else found


def _check_pattern(pattern: str) -> None:
    try:
        kernels.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as exc:
        reason = str(exc).partition("Invalid regular expression: ")[2] or str(exc)
        raise UsageError(f"this is no regular expression: {reason}") from exc


def _matching(values: Array, field: Field, pattern: str) -> Array:
    ignore_case = pattern == pattern.lower()
    texts = render_strings(values, field)
    found = kernels.match_substring_regex(texts, pattern, ignore_case=ignore_case)
    return found.fill_null(False)


def _one_of(condition: OneOf, field: Field) -> Mask:
    wanted = pa.array(sorted(condition.texts), pa.large_string())

    def mask(values: Array) -> Array:
        texts = distinct_texts(values, field)
        found = kernels.is_in(texts, wanted)
        if condition.with_null:
            found = kernels.or_(found, texts.is_null())
        return kernels.invert(found) if condition.is_negated else found

    return mask


class _Compared:
    """Compares values with one that was written, in the order in which the column sorts."""

    def __init__(self, condition: Comparison, field: Field) -> None:
        self._condition = condition
        self._field = field
        self._known: dict[pa.DataType, tuple[KeyColumn, list[Array]]] = {}
        self._key(field.type)

    def mask(self, values: Array) -> Array:
        """Which values meet the condition."""
        key, wanted = self._key(values.type)
        pairs = [
            (part, literal[0])
            for part, literal in zip(key.parts(values), wanted, strict=True)
            if not _says_nothing(literal)
        ]
        if len(pairs) == 1:
            kernel: Callable[..., Array] = getattr(kernels, _KERNELS[self._condition.operator])
            return kernel(*pairs[0]).fill_null(False)
        is_less, is_equal = _in_order(pairs, values)
        is_valid = kernels.is_valid(values)
        match self._condition.operator:
            case "=":
                return is_equal
            case "!=":
                return kernels.and_not(is_valid, is_equal)
            case "<":
                return is_less
            case "<=":
                return kernels.or_(is_less, is_equal)
            case ">":
                return kernels.and_not(is_valid, kernels.or_(is_less, is_equal))
            case _:
                return kernels.and_not(is_valid, is_less)

    def _key(self, type_: pa.DataType) -> tuple[KeyColumn, list[Array]]:
        """How to compare values of a type, and what to compare them with."""
        if type_ not in self._known:
            literal = _literal(self._condition.text, type_, self._field)
            key = key_of({type_, literal.type} if _mixes(type_, literal) else {type_}, self._field)
            self._known[type_] = key, key.parts(literal)
        return self._known[type_]


_KERNELS = {
    "=": "equal",
    "!=": "not_equal",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
}


def _in_order(pairs: Iterable[tuple[Array, object]], values: Array) -> tuple[Array, Array]:
    """Which values are less than another one, and which are the same, part by part."""
    is_less: Array = pa.repeat(False, len(values))
    is_equal = kernels.is_valid(values)
    for part, other in pairs:
        smaller = kernels.less(part, other).fill_null(False)
        same = kernels.equal(part, other).fill_null(False)
        is_less = kernels.or_(is_less, kernels.and_(is_equal, smaller))
        is_equal = kernels.and_(is_equal, same)
    return is_less, is_equal


def _says_nothing(literal: Array) -> bool:
    """Whether this part of a written value is left to the parts before it: NULL, or NaN."""
    return literal.null_count > 0 or (pat.is_floating(literal.type) and isnan(literal[0].as_py()))


def _mixes(type_: pa.DataType, literal: Array) -> bool:
    is_number = pat.is_integer(type_) or pat.is_floating(type_) or pat.is_decimal(type_)
    return is_number and is_text(literal.type)


def _literal(text: str, type_: pa.DataType, field: Field) -> Array:
    """A written value as one that compares with values of a type."""
    if pat.is_union(type_):
        return pa.array([float(text)]) if _NUMBER.fullmatch(text) else pa.array([text])
    if is_numeric(field):
        return _number(text, type_, field)
    if pat.is_boolean(type_):
        if (word := text.lower()) not in _WORDS:
            raise UsageError(f"{text!r} is neither true nor false")
        return pa.array([_WORDS[word]])
    if pat.is_date(type_) or pat.is_timestamp(type_) or pat.is_time(type_):
        return _moment(text, type_)
    return pa.array([text], pa.large_string())


def _number(text: str, type_: pa.DataType, field: Field) -> Array:
    if not _NUMBER.fullmatch(text):
        if db_type_of(field).lower() == "money":
            return pa.array([text], pa.large_string())
        raise UsageError(f"{text!r} is no number", hint="~ looks for a text in a column of numbers")
    if is_text(type_):
        return pa.array([text], pa.large_string())
    try:
        return pa.array([text]).cast(type_)
    except pa.ArrowInvalid:  # 5.5 beside whole numbers: compared digit by digit
        return pa.array([text], pa.large_string())


def _moment(text: str, type_: pa.DataType) -> Array:
    whole = f"{text}-01-01"[:10] if _PARTIAL_DATE.fullmatch(text) else text
    try:
        if pat.is_time(type_):
            return pa.array([dt.time.fromisoformat(text)]).cast(type_)
        if pat.is_timestamp(type_) and type_.tz is not None:
            return _zoned(whole, type_)
        return pa.array([whole]).cast(type_)
    except (ValueError, pa.ArrowException) as exc:
        kind = "time" if pat.is_time(type_) else "date" if pat.is_date(type_) else "timestamp"
        shape = {"time": "14:30:00", "date": "2024-05-31"}.get(kind, "2024-05-31 14:30")
        raise UsageError(f"{text!r} is no {kind}", hint=f"one is written as {shape}") from exc


def _zoned(text: str, type_: pa.TimestampType) -> Array:
    """With an offset as it says; without one in the column's own zone."""
    try:
        return pa.array([text]).cast(type_)
    except pa.ArrowInvalid:
        local = pa.array([text]).cast(pa.timestamp(type_.unit))
        return kernels.assume_timezone(local, type_.tz)


@dataclass(frozen=True)
class RowFilter:
    """Which rows are shown: those with a text in any column, and with all conditions met.

    Args:
        matcher: The text.
        conditions: By number of the column.
    """

    matcher: Matcher = field(default_factory=lambda: Matcher(""))
    conditions: Mapping[int, Condition] = field(default_factory=dict[int, Condition])
    _masks: dict[int, Mask] = field(default_factory=dict[int, Mask], compare=False, repr=False)

    def __bool__(self) -> bool:
        return bool(self.matcher or self.conditions)

    def rows(self, batch: pa.RecordBatch, schema: pa.Schema) -> Array:
        """Which rows of a batch are shown, as booleans."""
        found: Array = pa.repeat(True, batch.num_rows)
        for column, condition in self.conditions.items():
            mask = self._masks.get(column)
            if mask is None:
                mask = compile_condition(condition, schema.field(column))
                self._masks[column] = mask
            found = kernels.and_(found, mask(batch.column(column)))
        if self.matcher:
            found = kernels.and_(found, self.matcher.rows(batch, schema))
        return found
