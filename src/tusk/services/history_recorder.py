"""Recording statements into the history, from a thread: nothing that is run waits for it.

What goes wrong with the history (a full disk, a locked or damaged file) is a warning in the log
and never an error of the statement.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tusk.config.log import redact
from tusk.config.paths import Paths
from tusk.core.errors import QueryCancelled, QueryError, TuskError, UsageError
from tusk.core.events import Event, Failed, Finished, Paused
from tusk.core.masking import mask_message, mask_secrets
from tusk.core.params import format_parameter
from tusk.core.statement import TokenKind, parameter_names, tokens

if TYPE_CHECKING:
    from tusk.config.settings import HistorySettings
    from tusk.core.dialect import Dialect
    from tusk.core.params import ParameterValue
    from tusk.core.statement import Statement
    from tusk.engines.base import Session
    from tusk.store.history import HistoryEntry, HistoryStore, Retention

_log = logging.getLogger(__name__)

MAX_TEXT = 100_000
"""Characters of a statement that are kept; a longer one is cut."""
MAX_ERROR = 2_000
# A thread and an open file for as long as somebody works.
_IDLE_S = 5.0
# How long the end of tusk may wait for a history that does not answer.
_FLUSH_S = 1.0
# More than that only pile up while the file is locked for long.
_MOST_WAITING = 1_000


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What is known of a statement so far."""

    duration_s: float
    rows: int | None = None
    affected: int | None = None
    is_complete: bool = True
    error: TuskError | None = None


class Recording:
    """One statement on its way into the history.

    It is written when it pauses at a fetch limit, and again when it has ended.

    Args:
        recorder: Writes it.
        session: Where it runs.
        statement: What runs.
        parameters: What is kept of each, by name; see `HistoryEntry`.
    """

    def __init__(
        self,
        recorder: Recorder,
        session: Session,
        statement: Statement,
        parameters: Mapping[str, str],
    ) -> None:
        self._recorder = recorder
        self._started_at = time.time()
        self._began = time.perf_counter()
        self._target = session.target
        self._dialect = session.dialect
        self._text = statement.text
        self._parameters = parameters
        self._has_ended = False
        self.is_known = False
        """Something of it is written or will be."""
        self.entry_id = 0
        """Its number in the store, once it is there; the writing thread's."""

    def follow(self, event: Event) -> None:
        """Take note of what happens to the statement."""
        match event:
            case Paused(rows, timing):
                self._write(_Outcome(timing.total_s, rows, is_complete=False))
            case Finished(rows, affected, _, timing, is_complete):
                self._has_ended = True
                self._write(_Outcome(timing.total_s, rows, affected, is_complete))
            case Failed(error, rows, timing):
                self._has_ended = True
                self._write(_Outcome(timing.total_s, rows or None, error=error))
            case _:
                pass

    def stop(self, reason: BaseException | None = None) -> None:
        """The statement will not be followed any more; an exception may be the reason.

        Without one a statement that has not ended was not run at all, or is known already.
        """
        if reason is not None and not self._has_ended:
            error = reason if isinstance(reason, TuskError) else _interruption(reason)
            self._write(_Outcome(time.perf_counter() - self._began, error=error))
        self._has_ended = True

    def _write(self, outcome: _Outcome) -> None:
        self.is_known = True
        self._recorder.put(self, outcome)

    def entry(self, outcome: _Outcome) -> HistoryEntry:
        """What goes into the store, without secrets."""
        from tusk.store.history import HistoryEntry, Status

        error = outcome.error
        status = Status.OK
        if error is not None:
            status = Status.CANCELLED if isinstance(error, QueryCancelled) else Status.FAILED
        text = _cut(self._text, self._dialect)
        masked = mask_secrets(text, self._dialect)
        parameters = self._target.parameters
        return HistoryEntry(
            id=self.entry_id,
            started_at=self._started_at,
            connection=self._target.name,
            location=parameters.get("path") or parameters.get("files") or "",
            engine=self._target.engine,
            text=masked.text,
            is_masked=bool(masked.secrets),
            is_cut=text != self._text,
            parameters=self._used_parameters(),
            status=status,
            duration_s=outcome.duration_s,
            rows=outcome.rows,
            affected=outcome.affected,
            is_complete=outcome.is_complete,
            sqlstate=getattr(error, "sqlstate", ""),
            error="" if error is None else _message(error, masked.secrets),
        )

    def _used_parameters(self) -> tuple[str, ...]:
        """Of those of a script, the ones of this statement."""
        if not self._parameters:
            return ()
        used = parameter_names(self._text, self._dialect)
        return tuple(self._parameters[name] for name in used if name in self._parameters)


def _interruption(reason: BaseException) -> QueryCancelled:
    if isinstance(reason, BrokenPipeError):
        return QueryCancelled("whoever read the rows had seen enough")
    return QueryCancelled(f"stopped: {type(reason).__name__}")


def _cut(text: str, dialect: Dialect) -> str:
    """The beginning of a long text, without the token that the cut goes through.

    Half of a string may be half of a secret that can no longer be told to be one.
    """
    if len(text) <= MAX_TEXT:
        return text
    text = text[:MAX_TEXT]
    start = 0
    for token in tokens(text, dialect):
        if token.kind is not TokenKind.SPACE:
            start = token.start
    return text[:start]


def _message(error: TuskError, secrets: tuple[str, ...]) -> str:
    message = error.message
    if isinstance(error, QueryError) and error.detail:
        message += f"\nDETAIL: {error.detail}"
    return redact(mask_message(message, secrets))[:MAX_ERROR]


def _written(name: str, value: ParameterValue) -> str:
    try:
        return format_parameter(name, value)
    except UsageError:
        return name  # of a kind that cannot be typed


class Recorder:
    """Writes recordings into the history file, from a thread of its own while there are any.

    Args:
        path: The history file.
        settings: What is kept, and for how long.
    """

    def __init__(self, path: Path, settings: HistorySettings) -> None:
        self._path = path
        self._settings = settings
        self._changed = threading.Condition()
        self._waiting: dict[Recording, _Outcome] = {}
        self._running: set[Recording] = set()
        self._is_writing = False
        self._is_closing = False
        self._thread: threading.Thread | None = None
        self._warned: set[str] = set()

    def begin(
        self,
        session: Session,
        statement: Statement,
        parameters: Mapping[str, ParameterValue] | None = None,
    ) -> Recording:
        """Begin to record a statement that starts now. Returns at once."""
        recording = Recording(self, session, statement, self._kept(parameters))
        with self._changed:
            self._running.add(recording)
            # The file gets opened while the statement runs.
            self._start()
        return recording

    def _kept(self, parameters: Mapping[str, ParameterValue] | None) -> dict[str, str]:
        """Parameters as they are kept, by name."""
        if not self._settings.keep_parameters:
            return {name: name for name in parameters or {}}
        return {name: _written(name, value) for name, value in (parameters or {}).items()}

    def end(self, recording: Recording) -> None:
        """Forget a recording that is followed no more."""
        with self._changed:
            self._running.discard(recording)

    def put(self, recording: Recording, outcome: _Outcome) -> None:
        """Let something be written soon. Returns at once."""
        with self._changed:
            if len(self._waiting) >= _MOST_WAITING:
                self._waiting.pop(next(iter(self._waiting)))
            self._waiting[recording] = outcome
            self._start()
            self._changed.notify_all()

    def flush(self, timeout_s: float = _FLUSH_S) -> bool:
        """Wait until everything is written; False when that took too long."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._waiting and not self._is_writing, timeout_s
            )

    def finish(self) -> None:
        """Write what there is, for the end of the process.

        Statements that still run are noted as given up. The file is not closed: that would wait
        for the disk.
        """
        with self._changed:
            unknown = [recording for recording in self._running if not recording.is_known]
        for recording in unknown:
            recording.stop(QueryCancelled("tusk ended before the statement did"))
        with self._changed:
            is_left_over = self._thread is None and bool(self._waiting)
            self._is_closing = self._is_closing or is_left_over
        if is_left_over:
            self._work()
        if not self.flush():
            self._warn("the last statements are not in the history: its file does not answer")

    def close(self) -> None:
        """Finish, and stop the thread."""
        self.finish()
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()

    # ── in the thread ────────────────────────────────────────────────────────────────────

    def _start(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._work, name="tusk-history", daemon=True)
            # At the very end of the process there are no new threads; `close` does the work.
            with contextlib.suppress(RuntimeError):
                thread.start()
                self._thread = thread

    def _work(self) -> None:
        store = self._open()
        while batch := self._next():
            store = store or self._open()
            if store is not None and not self._has_written(store, batch):
                store.close()
                store = None  # opened anew the file may be usable again
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()
        if store is not None:
            store.close()

    def _next(self) -> dict[Recording, _Outcome]:
        """Wait for recordings; none when there were none for a while, and the thread ends."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing, _IDLE_S)
            batch, self._waiting = self._waiting, {}
            self._is_writing = bool(batch)
            if not batch:
                self._thread = None
            return batch

    def _open(self) -> HistoryStore | None:
        try:
            from tusk.store.history import HistoryStore

            # Looking for damage takes long in a large file; it would be noticed while writing.
            return HistoryStore(self._path, is_checked=False)
        except TuskError as exc:
            self._warn(f"statements are not recorded: {exc.message}")
        except Exception:  # noqa: BLE001 - the edge of a thread that nobody waits for
            _log.exception("statements are not recorded")
        return None

    def _has_written(self, store: HistoryStore, batch: Mapping[Recording, _Outcome]) -> bool:
        """Write a batch; False when the store did not take it."""
        try:
            entries = [recording.entry(outcome) for recording, outcome in batch.items()]
            ids = store.write(entries, retention_of(self._settings))
        except TuskError as exc:
            self._warn(f"a statement was not recorded: {exc.message}")
            return False
        except Exception:  # noqa: BLE001 - the edge of a thread that nobody waits for
            _log.exception("a statement was not recorded")
            return False
        for recording, number in zip(batch, ids, strict=True):
            recording.entry_id = number
        return True

    def _warn(self, message: str) -> None:
        """Say it once: the next statement would have the same to say."""
        if message not in self._warned:
            self._warned.add(message)
            _log.warning("%s", message)


def retention_of(settings: HistorySettings) -> Retention:
    """What the settings say about keeping entries."""
    from tusk.store.history import Retention

    return Retention(settings.keep_statements or None, settings.keep_days or None)


@contextlib.contextmanager
def recorded(
    recorder: Recorder | None,
    session: Session,
    statement: Statement,
    parameters: Mapping[str, ParameterValue] | None,
    sink: Callable[[Event], None],
) -> Generator[Callable[[Event], None]]:
    """A sink for the events of one statement that records it, and passes them on.

    Args:
        recorder: None records nothing.
        session: Where the statement runs.
        statement: What runs.
        parameters: Values of its parameters.
        sink: Gets the events.
    """
    if recorder is None or not session.target.keeps_history:
        yield sink
        return
    recording = recorder.begin(session, statement, parameters)

    def follow(event: Event) -> None:
        recording.follow(event)
        sink(event)

    try:
        yield follow
    except BaseException as exc:
        recording.stop(exc)
        raise
    finally:
        recording.stop()
        recorder.end(recording)


# ── the one of this process ──────────────────────────────────────────────────────────────────

_recorders: dict[tuple[Path, HistorySettings], Recorder] = {}
_recorders_lock = threading.Lock()


def process_recorder(settings: HistorySettings) -> Recorder | None:
    """The recorder that this process uses; None when the settings say to record nothing.

    What it has to write is written before the process ends.
    """
    if not settings.enabled:
        return None
    path = Paths.find().history_file
    with _recorders_lock:
        if not _recorders:
            atexit.register(finish_recorders)
        recorder = _recorders.get((path, settings))
        if recorder is None:
            recorder = Recorder(path, settings)
            _recorders[path, settings] = recorder
        return recorder


def flush_recorders() -> None:
    """Wait a moment until what was run is written."""
    for recorder in list(_recorders.values()):
        recorder.flush()


def finish_recorders() -> None:
    """Write what is not written yet; for an end of the process that runs no exit handlers."""
    for recorder in _recorders.values():
        recorder.finish()
