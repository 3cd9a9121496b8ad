"""What an editor tab knows of its `:name` parameters: asked once, remembered, changed by a key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tusk.core.errors import UsageError
from tusk.core.params import ParameterValue, UntypedText, infer_untyped, parse_parameter, read_value
from tusk.core.statement import parameter_names

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect
    from tusk.core.statement import Statement
    from tusk.services.saved import SavedParameter


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as a form shows it.

    Args:
        name: Without the colon.
        type: As `core.params.read_value` takes it; empty leaves it to the server.
        text: The value as it is typed.
        description: What it is for.
        is_given: Whether the user has given the value; otherwise it is a suggestion.
    """

    name: str
    type: str = ""
    text: str = ""
    description: str = ""
    is_given: bool = False

    @property
    def value(self) -> ParameterValue:
        """What is bound. Raises UsageError when the text does not fit the type."""
        return read_value(self.type, self.text)


class ParameterValues:
    """The parameters of one tab by name."""

    def __init__(self) -> None:
        self._known: dict[str, Parameter] = {}

    def declare(self, declared: Iterable[SavedParameter]) -> None:
        """Take types, descriptions and suggestions of a saved query; given values stay."""
        for each in declared:
            known = self._known.get(each.name)
            if known is None or not known.is_given:
                self._known[each.name] = Parameter(
                    each.name, each.type, each.default or "", each.description
                )

    def recall(self, arguments: Iterable[str]) -> None:
        """Take values that were given before, as the history keeps them.

        Args:
            arguments: `name:type=value`; just the name of one whose value was not kept.
        """
        for argument in arguments:
            head, equals, text = argument.partition("=")
            name, _, type_name = head.partition(":")
            is_given = bool(equals) and _is_sound(argument)
            text = text if is_given else ""
            self._known[name] = Parameter(name, type_name, text, is_given=is_given)

    def remember(self, given: Iterable[Parameter]) -> None:
        """Keep values that the user gave."""
        for parameter in given:
            self._known[parameter.name] = replace(parameter, is_given=True)

    def lack(self, names: Iterable[str]) -> bool:
        """Whether the value of any of these was never given."""
        return any(not parameter.is_given for parameter in self.of(names))

    def of(self, names: Iterable[str]) -> list[Parameter]:
        """The parameters of these names, with what is known of them."""
        return [self._known.get(name) or Parameter(name) for name in names]

    def values(self, names: Iterable[str]) -> dict[str, ParameterValue]:
        """The values of parameters that were given, by name."""
        return {each.name: each.value for each in self.of(names)}


def _is_sound(argument: str) -> bool:
    """Whether a parameter can be read as it was written; a newer tusk may know more types."""
    try:
        parse_parameter(argument)
    except UsageError:
        return False
    return True


def names_in(statements: Sequence[Statement], dialect: Dialect) -> list[str]:
    """Names of the parameters of a script, each once, in order of appearance."""
    texts = [each.text for each in statements if ":" in each.text]
    found = (name for text in texts for name in parameter_names(text, dialect))
    return list(dict.fromkeys(found))


def describe(parameter: Parameter) -> str:
    """What is sent for a parameter, in words.

    >>> describe(Parameter("n", "int", "5")), describe(Parameter("n", "null"))
    ('int 5', 'NULL')
    >>> describe(Parameter("n", "", "00501"))
    "'00501', or what the server takes it for"

    Raises:
        UsageError: The text does not fit the type.
    """
    value = parameter.value
    if value is None:
        return "NULL"
    if isinstance(value, UntypedText):
        return f"{infer_untyped(value)!r}, or what the server takes it for"
    shown = value.hex() if isinstance(value, bytes) else value
    return f"{parameter.type} {shown}"
