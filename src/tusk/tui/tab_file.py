"""The file behind an editor tab: what it held when the tab read or wrote it, and what of it now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tusk.services.sql_files import FileVersion, SqlFile, TextForm
from tusk.services.workspace import KeptFile

if TYPE_CHECKING:
    from tusk.core.errors import TuskError


class TabFile:
    r"""What a tab knows of its file.

    Args:
        path: Where it is.
        form: How its text lies in it.
        version: What it looked like when it was read or written.
        text: Its text then, lines ending with `\n`; None as long as that is not known.
    """

    def __init__(self, path: Path, form: TextForm, version: FileVersion, text: str | None) -> None:
        self.path = path
        self.form = form
        self.version = version
        self.text = text
        self.is_missing = False
        """Whether the last look found no file; it may be on its way to another place."""
        self.is_gone = False
        """Whether there is no file any more."""
        self.problem: TuskError | None = None
        """Why it cannot be read any more."""
        self.theirs: SqlFile | None = None
        """What another program wrote, as long as it is not settled which text stays."""
        self.is_asked = False
        """Whether the user was asked about that."""

    @classmethod
    def of(cls, file: SqlFile) -> TabFile:
        """A file that has just been read."""
        return cls(file.path, file.form, file.version, file.text)

    @classmethod
    def from_kept(cls, kept: KeptFile, text: str) -> TabFile:
        """From the workspace.

        Args:
            kept: What the workspace has of it.
            text: The tab's, which is the file's where it was not modified.
        """
        form = TextForm(kept.encoding, kept.has_mark, kept.line_end)
        known = None if kept.is_modified else text
        return cls(Path(kept.path), form, FileVersion(kept.digest), known)

    def to_kept(self, text: str) -> KeptFile:
        """For the workspace, with the tab's text."""
        form, digest = self.form, self.version.digest
        is_modified = self.differs_from(text)
        return KeptFile(
            str(self.path), form.encoding, form.has_mark, form.line_end, digest, is_modified
        )

    def differs_from(self, text: str) -> bool:
        """Whether a text would be lost if it were not written to the file."""
        return self.is_gone or self.text != text

    @property
    def name(self) -> str:
        """What the tab is called."""
        return self.path.name

    @property
    def words(self) -> str:
        """What is wrong with it, if anything is."""
        if self.is_gone:
            return "deleted on the disk"
        if self.theirs is not None:
            return "changed on the disk"
        return "cannot be read" if self.problem is not None else ""

    def became(self, file: SqlFile) -> None:
        """It was read anew: from now on the tab is compared with that."""
        self.form, self.version, self.text = file.form, file.version, file.text
        self._settle()

    def written(self, text: str, form: TextForm, version: FileVersion) -> None:
        """The tab's text was written to it."""
        self.form, self.version, self.text = form, version, text
        self._settle()

    def seen(self, version: FileVersion) -> None:
        """It was looked at, and is as it was."""
        self.version = version
        self._settle()

    def _settle(self) -> None:
        self.is_missing = self.is_gone = False
        self.problem = self.theirs = None
        self.is_asked = False

    def missed(self) -> bool:
        """There is no file: the second time in a row it is gone; whether that is news."""
        is_news = self.is_missing and not self.is_gone
        self.is_gone = self.is_gone or self.is_missing
        self.is_missing, self.problem = True, None
        return is_news
