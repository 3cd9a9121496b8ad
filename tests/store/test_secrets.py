"""Passwords: where they go, who may read them, and where they never show."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from tests.support.hostile import HOSTILE_TEXTS
from tusk.core.errors import ConfigError, MissingExtraError
from tusk.core.installation import how_to_install
from tusk.store import secrets
from tusk.store.secrets import FileSecrets, KeyringOrFile, KeyringSecrets, open_secrets


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring that works, and can be made to stop."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def _check(self) -> None:
        if self.is_locked:
            raise keyring.errors.KeyringLocked("hunter2 is locked")

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.kept[service, username]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "secrets.toml"


@pytest.fixture(autouse=True)
def _restore_keyring():
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def memory() -> MemoryKeyring:
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    return backend


# ── the file ─────────────────────────────────────────────────────────────────────────────────


def test_a_password_comes_back_from_a_private_file(path: Path) -> None:
    file = FileSecrets(path)
    assert file.get("shop") is None
    file.set("shop", "s3cret")
    file.set("other", "x")
    file.set("shop", "n3w")
    assert (file.get("shop"), file.get("other"), file.get("none")) == ("n3w", "x", None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    file.delete("shop")
    file.delete("shop")
    assert (file.get("shop"), file.get("other")) == (None, "x")
    assert "n3w" not in path.read_text()


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_any_password_comes_back_exactly(path: Path, text: str) -> None:
    file = FileSecrets(path)
    file.set("shop", text)
    assert file.get("shop") == text


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o666])
def test_a_file_others_can_reach_is_refused_with_the_command_that_repairs_it(
    tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "it's config" / "secrets.toml"
    file = FileSecrets(path)
    file.set("shop", "s3cret")
    path.chmod(mode)
    for use in (lambda: file.get("shop"), lambda: file.set("a", "b"), lambda: file.delete("shop")):
        with pytest.raises(ConfigError, match=f"mode {mode:04o}") as caught:
            use()
        assert "s3cret" not in str(caught.value)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    subprocess.run(caught.value.hint, shell=True, check=True)
    assert file.get("shop") == "s3cret"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(path: Path) -> None:
    file = FileSecrets(path)
    file.set("shop", "s3cret")
    os.chown(path, 65534, 65534)
    with pytest.raises(ConfigError, match="another user"):
        file.get("shop")


def test_a_file_that_is_no_toml_is_set_aside_and_the_message_has_no_password(
    path: Path, caplog
) -> None:
    path.parent.mkdir()
    path.write_text('[passwords]\nshop = "s3cret\n')
    path.chmod(0o600)
    file = FileSecrets(path)
    with caplog.at_level(logging.WARNING):
        assert file.get("shop") is None
    aside = list(path.parent.glob("*.corrupt-*"))
    assert len(aside) == 1
    assert stat.S_IMODE(aside[0].stat().st_mode) == 0o600
    assert str(aside[0]) in caplog.text
    assert "s3cret" not in caplog.text
    file.set("shop", "again")
    assert file.get("shop") == "again"


# ── the keyring ──────────────────────────────────────────────────────────────────────────────


def test_a_keyring_that_works_is_used_and_the_file_stays_away(
    path: Path, memory: MemoryKeyring
) -> None:
    store = open_secrets("auto", path, service="tusk")
    store.set("shop", "s3cret")
    assert memory.kept == {("tusk", "shop"): "s3cret"}
    assert store.get("shop") == "s3cret"
    assert not path.exists()
    store.delete("shop")
    store.delete("shop")
    assert memory.kept == {}


def test_what_the_file_has_is_found_and_moves_when_it_changes(
    path: Path, memory: MemoryKeyring
) -> None:
    FileSecrets(path).set("shop", "old")
    store = open_secrets("auto", path, service="tusk")
    assert store.get("shop") == "old"
    store.set("shop", "new")
    assert FileSecrets(path).get("shop") is None
    assert store.get("shop") == "new"


def test_a_locked_keyring_is_said_and_the_file_is_used(
    path: Path, memory: MemoryKeyring, caplog
) -> None:
    memory.is_locked = True
    store = open_secrets("auto", path, service="tusk")
    assert isinstance(store, KeyringOrFile)
    with caplog.at_level(logging.WARNING):
        assert store.get("shop") is None
        store.set("shop", "s3cret")
        store.delete("none")
    assert store.get("shop") == "s3cret"
    assert FileSecrets(path).get("shop") == "s3cret"
    assert "does not answer: KeyringLocked" in caplog.text
    assert "hunter2" not in caplog.text
    assert "s3cret" not in caplog.text


def test_asking_for_the_keyring_only_fails_when_it_does_not_answer(
    path: Path, memory: MemoryKeyring
) -> None:
    store = open_secrets("keyring", path, service="tusk")
    store.set("shop", "s3cret")
    memory.is_locked = True
    with pytest.raises(ConfigError, match="does not answer") as caught:
        store.get("shop")
    assert "secrets.store" in caught.value.hint
    assert not path.exists()


@pytest.mark.parametrize("backend", [keyring.backends.fail.Keyring, keyring.backends.null.Keyring])
def test_a_keyring_that_keeps_nothing_is_not_used(path: Path, backend: type) -> None:
    keyring.set_keyring(backend())
    assert isinstance(open_secrets("auto", path, service="tusk"), FileSecrets)
    with pytest.raises(ConfigError, match="no keyring is running"):
        open_secrets("keyring", path, service="tusk")


def test_without_the_package_the_file_is_used_and_the_extra_is_named(
    path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(secrets, "keyring_problem", lambda: secrets._NOT_INSTALLED)
    assert isinstance(open_secrets("auto", path, service="tusk"), FileSecrets)
    with pytest.raises(MissingExtraError) as caught:
        open_secrets("keyring", path, service="tusk")
    assert caught.value.hint == how_to_install("keyring")


def test_the_file_can_be_asked_for_though_a_keyring_works(
    path: Path, memory: MemoryKeyring
) -> None:
    open_secrets("file", path, service="tusk").set("shop", "s3cret")
    assert memory.kept == {}
    assert path.exists()


def test_a_backend_that_raises_anything_is_a_keyring_that_does_not_work(monkeypatch) -> None:
    class Broken(MemoryKeyring):
        @property
        def priority(self) -> float:  # type: ignore[override]
            return 1 / 0

    monkeypatch.setattr(keyring, "get_keyring", Broken)
    assert "the keyring fails" in (secrets.keyring_problem() or "")


def test_two_homes_do_not_share_entries(memory: MemoryKeyring) -> None:
    KeyringSecrets("tusk /a").set("shop", "a")
    assert KeyringSecrets("tusk /b").get("shop") is None
