"""What formats may be told: read from text, refused with what there is, described for users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from tests.formats.support import own, texts, write
from tusk.core.errors import UsageError
from tusk.formats.options import declared, one_character, option, parse_pairs, read_options
from tusk.formats.registry import FORMATS, options_class
from tusk.formats.writer import WriterOptions


@dataclass(frozen=True, slots=True)
class Sample:
    mark: str = option(",", "A mark.", check=one_character)
    size: int = option(5, "A size.", least=1, most=9)
    level: int | None = option(None, "A level.")
    is_on: bool = option(True, "A switch.")
    kind: Literal["one", "two"] = option("one", "A kind.")
    names: tuple[str, ...] = option((), "Some names.")
    text: str = option("x", "A text.")


def read(*arguments: str) -> Sample:
    return read_options(Sample, "sample", parse_pairs(arguments))


def test_options_are_read_by_their_types():
    assert read() == Sample()
    assert read(
        "mark=tab", "size=7", "level=3", "is-on=off", "kind=TWO", "names=a, b,", "text="
    ) == (Sample("\t", 7, 3, False, "two", ("a", "b"), ""))
    assert read("text=a=b").text == "a=b"


@pytest.mark.parametrize(
    ("argument", "message", "hint"),
    [
        ("mark", "is not NAME=VALUE", "delimiter"),
        ("=x", "is not NAME=VALUE", "delimiter"),
        ("marks=;", "sample has no option 'marks'", "options of sample: mark, size, level"),
        ("mark=ab", "one character, or tab", "A mark."),
        ("mark=\n", "not a line break", "A mark."),
        ("size=0", "a whole number from 1 to 9", "A size."),
        ("size=ten", "a whole number from 1 to 9", "A size."),
        ("level=x", "a whole number", "A level."),
        ("is_on=maybe", "yes or no", "A switch."),
        ("kind=three", "one of one, two", "A kind."),
    ],
)
def test_what_is_no_option_is_refused_with_what_there_is(argument: str, message: str, hint: str):
    with pytest.raises(UsageError, match=message) as caught:
        read(argument)
    assert hint in caught.value.hint


def test_an_option_given_twice_is_refused():
    with pytest.raises(UsageError, match="'size' is given twice"):
        parse_pairs(["size=1", "size=2"])


def test_options_are_described_for_front_ends():
    found = {each.name: each for each in declared(Sample)}
    assert [each.kind for each in found.values()] == [
        *("text", "number", "number", "yes or no", "choice", "names", "text")
    ]
    assert found["kind"].choices == ("one", "two")
    assert (found["level"].default, found["is_on"].default, found["size"].default) == (
        "",
        "yes",
        "5",
    )


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_declares_options_with_words(name: str):
    for each in declared(options_class(FORMATS[name])):
        assert each.help.endswith(".")
        assert each.help[0].isupper() or each.help.startswith("zstd")


@pytest.mark.parametrize("name", FORMATS)
def test_the_defaults_can_be_given(name: str):
    options = options_class(FORMATS[name])
    given = {each.name: each.default for each in declared(options) if each.default}
    assert read_options(options, name, given) == options()


def test_the_common_options_go_into_those_of_a_format():
    options = WriterOptions(header=False, null="-", own=own("csv", "delimiter=;").own)
    assert write("csv", [texts(["a", None])], options) == b"0;a\n1;-\n"
    assert write("csv", [texts([None])], own("csv", "null=0")) == b'n,t\n"0",0\n'
