"""Passwords of stored connections: in the desktop's keyring, or in a private file.

They never appear in an argument, an environment variable, a log or a message.
"""

from __future__ import annotations

import functools
import logging
import os
import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from tusk.config.files import FILE_MODE, locked, set_aside, storage_error
from tusk.config.toml import parse_toml, write_toml
from tusk.core.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    import tomlkit

_log = logging.getLogger(__name__)
_TABLE = "passwords"


class SecretStore(Protocol):
    """Passwords by connection name."""

    def get(self, name: str) -> str | None:
        """The password, None when there is none."""
        ...

    def set(self, name: str, password: str) -> None:
        """Keep a password, in place of an earlier one."""
        ...

    def delete(self, name: str) -> None:
        """Forget a password. Does nothing when there is none."""
        ...


def open_secrets(
    kind: Literal["auto", "keyring", "file"], file: Path, *, service: str
) -> SecretStore:
    """The place where passwords are kept.

    Args:
        kind: The setting `secrets.store`.
        file: The private file.
        service: Name under which the keyring lists the entries.

    Raises:
        MissingExtraError: `keyring` is asked for and not installed.
        ConfigError: `keyring` is asked for and no keyring works here.
    """
    in_file = FileSecrets(file)
    if kind == "file":
        return in_file
    reason = keyring_problem()
    if reason is None:
        keyring = KeyringSecrets(service)
        return keyring if kind == "keyring" else KeyringOrFile(keyring, in_file)
    if kind == "auto":
        return in_file
    if reason == _NOT_INSTALLED:
        raise MissingExtraError("keeping passwords in the keyring", "keyring")
    raise ConfigError(
        f"the setting secrets.store is 'keyring', but {reason}",
        hint="tusk config set secrets.store auto",
    )


_NOT_INSTALLED = "the package keyring is not installed"


def keyring_problem() -> str | None:
    """Why no keyring can be used here; None when one can."""
    try:
        import keyring
    except ImportError:
        return _NOT_INSTALLED
    try:
        backend = keyring.get_keyring()
        # `fail` and `null` say 0 and -1; backends that can hold a secret say at least 1.
        works = backend.priority >= 1
    except Exception as exc:  # noqa: BLE001 - backends are plugins that raise what they like
        return f"the keyring fails: {exc}"
    return None if works else "no keyring is running here"


class KeyringSecrets:
    """Passwords in the keyring of the desktop (Secret Service, macOS Keychain, KWallet).

    Args:
        service: Name under which the keyring lists the entries.
    """

    def __init__(self, service: str) -> None:
        self._service = service

    def get(self, name: str) -> str | None:
        """See `SecretStore`. Raises ConfigError when the keyring does not answer."""
        password: str | None = self._call("get_password", name)
        return password

    def set(self, name: str, password: str) -> None:
        """See `SecretStore`. Raises ConfigError when the keyring does not answer."""
        self._call("set_password", name, password)

    def delete(self, name: str) -> None:
        """See `SecretStore`. Raises ConfigError when the keyring does not answer."""
        if self.get(name) is not None:
            self._call("delete_password", name)

    def _call(self, method: str, *arguments: str) -> Any:
        import keyring

        try:
            return getattr(keyring, method)(self._service, *arguments)
        except Exception as exc:  # backends are plugins that raise what they like
            raise ConfigError(
                f"the keyring does not answer: {type(exc).__name__}",
                hint="unlock it, or keep passwords in a file: tusk config set secrets.store file",
            ) from exc


class FileSecrets:
    """Passwords in a TOML file that only its owner can read.

    Args:
        path: The file; created 0600 with the first password.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> str | None:
        """See `SecretStore`.

        Raises:
            ConfigError: Others can read the file, or it is somebody else's; the hint holds
                the command that repairs it.
            StorageError: It cannot be read.
        """
        return self._read().get(name)

    def set(self, name: str, password: str) -> None:
        """See `SecretStore`. Raises as `get`."""
        with locked(self._path):
            self._read()
            write_toml(self._path, functools.partial(_set, name, password))

    def delete(self, name: str) -> None:
        """See `SecretStore`. Raises as `get`."""
        with locked(self._path):
            if name in self._read():
                write_toml(self._path, functools.partial(_delete, name))

    def _read(self) -> dict[str, str]:
        try:
            # Checked and read through one descriptor: nobody can swap the file in between.
            with self._path.open("rb") as file:
                check_private(self._path, os.fstat(file.fileno()))
                content = file.read()
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise storage_error(self._path, "read", exc) from exc
        try:
            document, _ = parse_toml(content)
        except ValueError:
            # The parser's message could quote a password.
            aside = set_aside(self._path)
            _log.warning("%s is not valid TOML; it is kept as %s", self._path, aside)
            return {}
        table = document.get(_TABLE, {})
        return {k: v for k, v in table.items() if isinstance(v, str)}


def check_private(path: Path, status: os.stat_result) -> None:
    """Refuse a file with secrets that others could read or have written.

    Raises:
        ConfigError: The hint holds the command that repairs it.
    """
    quoted = shlex.quote(str(path))
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid not in (os.geteuid(), 0):
        raise ConfigError(
            f"{path} holds passwords but belongs to another user",
            hint=f"sudo chown {os.geteuid()} {quoted}",
        )
    if mode & 0o077:
        raise ConfigError(
            f"{path} holds passwords but others may read it (mode {mode:04o})",
            hint=f"chmod {FILE_MODE:o} {quoted}",
        )


def _set(name: str, password: str, document: tomlkit.TOMLDocument) -> None:
    import tomlkit

    document.setdefault(_TABLE, tomlkit.table())[name] = password


def _delete(name: str, document: tomlkit.TOMLDocument) -> None:
    del document[_TABLE][name]


class KeyringOrFile:
    """The keyring, and the file for what it does not have or cannot take.

    A password is in one of them only. The file is asked first: a keyring takes 0.1 s to load.
    """

    def __init__(self, keyring: SecretStore, file: SecretStore) -> None:
        self._keyring = keyring
        self._file = file

    def get(self, name: str) -> str | None:
        """See `SecretStore`. A keyring that does not answer is reported, not raised."""
        if (found := self._file.get(name)) is not None:
            return found
        try:
            return self._keyring.get(name)
        except ConfigError as exc:
            _log.warning("%s", exc.message)
            return None

    def set(self, name: str, password: str) -> None:
        """See `SecretStore`. A keyring that does not answer is reported; the file is used."""
        try:
            self._keyring.set(name, password)
        except ConfigError as exc:
            _log.warning("%s; the password goes into the file", exc.message)
            self._file.set(name, password)
        else:
            self._file.delete(name)

    def delete(self, name: str) -> None:
        """See `SecretStore`. A keyring that does not answer is reported."""
        try:
            self._keyring.delete(name)
        except ConfigError as exc:
            _log.warning("%s; a password may still be in it", exc.message)
        self._file.delete(name)
