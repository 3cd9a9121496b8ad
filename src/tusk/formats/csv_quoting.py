"""Which values of a CSV file are quoted or escaped, one value at a time and whole columns."""

from __future__ import annotations

import re

from tusk.core.render.arrays import Array, any_true, kernels, replace_where
from tusk.formats.rows import used_bytes

# Alone on its line it would end the data for PostgreSQL's COPY.
_END_MARK = b"\\."


class Quoting:
    """How values are kept apart.

    Args:
        delimiter: Between values.
        quote: Around values.
        escape: Before a quote in a value, or before whatever would end one that is not quoted;
            empty for the usual character.
        null: Text of NULL: as a value it needs quotes.
        is_escaped: Nothing is quoted.
        is_alone: The values are those of an only column.
    """

    def __init__(
        self,
        *,
        delimiter: bytes = b",",
        quote: bytes = b'"',
        escape: bytes = b"",
        null: bytes = b"",
        is_escaped: bool = False,
        is_alone: bool = False,
    ) -> None:
        self._quote = quote
        self._escape = escape or (b"\\" if is_escaped else quote)
        self._null = null
        self._is_escaped = is_escaped
        self._is_alone = is_alone
        self._marks = [delimiter, quote, b"\n", b"\r"]
        if is_escaped:
            self._marks.append(self._escape)
        escaped = [re.escape(mark.decode()) for mark in self._marks]
        self._pattern = "|".join(escaped)
        self._search = re.compile(self._pattern.encode())

    # ── one value ────────────────────────────────────────────────────────────────────────────

    def one(self, text: bytes, *, is_forced: bool = False) -> bytes:
        """A value as it stands in the file.

        >>> Quoting(quote=b"*").one(b"a*b"), Quoting(is_escaped=True, escape=b"!").one(b"a,b")
        (b'*a**b*', b'a!,b')
        """
        if self._is_escaped:
            return self._search.sub(lambda match: self._escape + match.group(), text)
        if is_forced or self._needs(text):
            return self._quote + self._inner(text) + self._quote
        return text

    def _needs(self, text: bytes) -> bool:
        is_end_mark = self._is_alone and text == _END_MARK
        return text == self._null or is_end_mark or self._search.search(text) is not None

    def _inner(self, text: bytes) -> bytes:
        if self._escape != self._quote:
            text = text.replace(self._escape, self._escape + self._escape)
        return text.replace(self._quote, self._escape + self._quote)

    # ── a column ─────────────────────────────────────────────────────────────────────────────

    def many(self, texts: Array) -> Array:
        """Values, of which those are quoted or escaped that need it. NULL stays NULL."""
        if self._is_escaped:
            return self._escaped(texts)
        needs = self._which(texts)
        if needs is None:
            return texts
        needs = needs.fill_null(False)
        return replace_where(texts, needs, self.all(texts.filter(needs)))

    def all(self, texts: Array) -> Array:
        """Values in quotes. NULL stays NULL."""
        inner = texts
        if self._escape != self._quote:
            inner = kernels.replace_substring(inner, self._escape, self._escape + self._escape)
        inner = kernels.replace_substring(inner, self._quote, self._escape + self._quote)
        return kernels.binary_join_element_wise(self._quote, inner, self._quote, b"")

    def _escaped(self, texts: Array) -> Array:
        # The escape character comes first, since the others bring new ones.
        for mark in dict.fromkeys((self._escape, *self._marks)):
            if mark in bytes(used_bytes(texts)):
                texts = kernels.replace_substring(texts, mark, self._escape + mark)
        return texts

    def _which(self, texts: Array) -> Array | None:
        """Which texts need quotes; None when none does, which is quick to see."""
        equals_null = kernels.equal(texts, self._null)
        needs = equals_null if any_true(equals_null) else None
        # A search through all bytes at once is many times faster than one per value.
        data = bytes(used_bytes(texts))
        if any(mark in data for mark in self._marks):
            marked = kernels.match_substring_regex(texts, self._pattern)
            needs = marked if needs is None else kernels.or_(needs, marked)
        if self._is_alone and _END_MARK in data:
            is_end_mark = kernels.equal(texts, _END_MARK)
            needs = is_end_mark if needs is None else kernels.or_(needs, is_end_mark)
        return needs
