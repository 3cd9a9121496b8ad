"""What an import finds: connections that can be taken, and others with why they cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tusk.core.errors import UsageError
from tusk.core.text import clip, safe
from tusk.store.connections import Profile, check_profile, free_name

_GROUP_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Candidate:
    """A connection that can be stored.

    Args:
        profile: What would be stored.
        origin: Where it was found, in words.
        password: The one that is kept there, apart from the profile; stored on request only.
        notes: What of it is not taken, or should be known.
    """

    profile: Profile
    origin: str
    password: str | None = field(default=None, repr=False)
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A connection that cannot be taken.

    Args:
        name: What it is called there; not made safe.
        origin: Where it was found, in words.
        reason: Why not.
    """

    name: str
    origin: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """All that was found.

    Args:
        candidates: Those that can be stored.
        refused: Those that cannot.
        problems: What is to be said of a whole file.
    """

    candidates: Sequence[Candidate] = ()
    refused: Sequence[Refused] = ()
    problems: Sequence[str] = ()

    @classmethod
    def of(cls, items: Iterable[Candidate | Refused], problems: Iterable[str] = ()) -> Found:
        """From what was made of each connection, in order."""
        made = list(items)
        return cls(
            [item for item in made if isinstance(item, Candidate)],
            [item for item in made if isinstance(item, Refused)],
            [problem for problem in problems if problem],
        )

    @classmethod
    def joined(cls, parts: Iterable[Found]) -> Found:
        """Several as one."""
        all_ = list(parts)
        return cls(
            [each for part in all_ for each in part.candidates],
            [each for part in all_ for each in part.refused],
            [each for part in all_ for each in part.problems],
        )


def checked(candidate: Candidate) -> Candidate:
    """Refuse what could not be used or shown. Raises UsageError."""
    group = clip(safe(candidate.profile.group), _GROUP_WIDTH)
    profile = check_profile(replace(candidate.profile, group=group))
    for name, text in profile.parameters.items():
        if safe(text) != text:
            raise UsageError(f"its {name} holds characters that cannot be shown")
    return replace(candidate, profile=profile)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A candidate beside what is stored already.

    Args:
        candidate: What was found.
        profile: What would be stored, under a name that is free.
        same_as: Name of the connection that leads to the same place as the same user; empty
            where there is none.
        is_stored: Whether that one is stored, and not only found here too.
    """

    candidate: Candidate
    profile: Profile
    same_as: str = ""
    is_stored: bool = False

    @property
    def is_new(self) -> bool:
        """Whether it leads to another place than what is there."""
        return not self.same_as

    @property
    def words(self) -> str:
        """How it stands to what is there."""
        if self.same_as:
            return f"stored as {self.same_as}" if self.is_stored else f"same as {self.same_as}"
        wanted = self.candidate.profile.name
        return "new" if self.profile.name == wanted else f"new: {wanted} is taken"


def propose(candidates: Sequence[Candidate], stored: Sequence[Profile]) -> list[Proposal]:
    """Compare what was found with what is stored, and find names that are free."""
    places = {_place(profile): (profile.name, True) for profile in stored}
    names = {profile.name for profile in stored}
    proposals: list[Proposal] = []
    for candidate in candidates:
        profile = candidate.profile
        same_as, is_stored = places.get(_place(profile), ("", False))
        if not same_as:
            profile = replace(profile, name=free_name(profile.name, names))
            names.add(profile.name)
            places[_place(profile)] = (profile.name, False)
        proposals.append(Proposal(candidate, profile, same_as, is_stored))
    return proposals


def _place(profile: Profile) -> tuple[object, ...]:
    return (profile.engine, frozenset(_spelt_out(profile.parameters).items()), profile.ssh)


def _spelt_out(parameters: Mapping[str, str]) -> dict[str, str]:
    """Parameters of the place alone: the file, or the server with the user and database."""
    wanted = ("path", "files", "service", "host", "hostaddr", "port", "dbname", "user")
    found = {name: parameters[name] for name in wanted if parameters.get(name)}
    if found.get("port") == "5432":
        del found["port"]
    return found
