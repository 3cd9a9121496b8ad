"""Add or change a connection: paste a URL or fill in the fields, test, save."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from tusk.core.errors import TuskError
from tusk.core.text import safe
from tusk.services import connections
from tusk.services.connections import COLORS, KEEP, ConfirmWrites, Profile, ServerInfo
from tusk.tui.labels import ENGINES
from tusk.tui.profile_fields import fields_of, has_server, profile_of
from tusk.tui.run_status import seconds
from tusk.tui.widgets.tick_box import TickBox

if TYPE_CHECKING:
    from textual.app import ComposeResult

_LABELS = {
    "name": ("Name", "what you call it"),
    "path": ("File", "/path/to/file; empty: in memory"),
    "host": ("Host", "name or socket folder"),
    "port": ("Port", "5432"),
    "dbname": ("Database", ""),
    "user": ("User", ""),
    "sslmode": ("TLS", "prefer, require …"),
    "ssh_host": ("SSH through", "host, user@host:22"),
    "ssh_jump": ("Jump hosts", "host,host"),
    "ssh_identity": ("SSH key", "file; empty: ssh's own configuration and agent"),
    "more": ("Other", "keyword=value …"),
    "group": ("Group", "heading in the list"),
    "startup_sql": ("At start", "SQL run on each new session"),
    "search_path": ("Search path", "schemas: sales, public"),
    "fetch_limit": ("Fetch", "rows before it pauses"),
    "timeout": ("Timeout", "seconds; empty: none"),
}
_COLOURS = {"": "none", **{name: name for name in COLORS}}
_CONFIRM_WRITES = {
    ConfirmWrites.UNBOUNDED.value: "writes to all rows",
    ConfirmWrites.ALL.value: "every write",
    ConfirmWrites.NEVER.value: "nothing",
}
_Field = Input | Select[str] | TickBox


class ConnectionForm(ModalScreen[str | None]):
    """Edits one stored connection; returns the name it was saved under, None without saving.

    Args:
        profile: What the form begins with.
        old_name: The stored connection that it replaces; None to add one.
        password: A password that came with the profile, from a URL or the environment.
    """

    CSS_PATH = ["dialogs.tcss", "connection_form.tcss"]  # noqa: RUF012 - Textual's
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "leave", "Back", id="form.leave",
            tooltip="Stop a test, or leave without saving",
        ),
        Binding(
            "f5,ctrl+t", "test", "Test", id="form.test",
            tooltip="Connect with what the form says, and show what the server tells",
        ),
        Binding(
            "f2,ctrl+s", "save", "Save", id="form.save", tooltip="Store the connection",
        ),
    ]  # fmt: skip

    def __init__(
        self, profile: Profile, *, old_name: str | None = None, password: str | None = None
    ) -> None:
        super().__init__()
        self._profile = profile
        self._old_name = old_name
        self._password = password

    def compose(self) -> ComposeResult:
        title = f"Change {safe(self._old_name)}" if self._old_name else "New connection"
        with Vertical(classes="dialog connection-form"):
            yield Static(title, classes="dialog-title", markup=False)
            with VerticalScroll(can_focus=False):
                pasted = Input(id="url", placeholder="paste a URL or path", compact=True)
                yield from self._row(("URL", pasted))
                yield from self._fields()
            yield Static("", id="outcome", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("F5 Test", id="test", compact=True)
                yield Button("F2 Save", id="save", variant="primary", compact=True)
                yield Button("Esc Cancel", id="cancel", compact=True)

    def _fields(self) -> ComposeResult:
        engines = [(f"{label.icon} {label.name}", name) for name, label in ENGINES.items()]
        values = fields_of(self._profile)
        yield from self._row(self._text("name", values))
        engine = Select(
            engines, allow_blank=False, value=self._profile.engine, id="engine", compact=True
        )
        yield from self._row(("Engine", engine))
        yield from self._row(self._text("path", values), kind="-file")
        for names in (("host", "port"), ("dbname", "user")):
            yield from self._row(*(self._text(name, values) for name in names), kind="-server")
        hint = "kept; type to change" if self._old_name else "kept apart"
        secret = Input(self._password or "", hint, password=True, id="password", compact=True)
        yield from self._row(self._text("sslmode", values), ("Password", secret), kind="-server")
        names = ("ssh_host", "ssh_jump")
        yield from self._row(*(self._text(name, values) for name in names), kind="-server")
        yield from self._row(self._text("ssh_identity", values), kind="-server")
        yield from self._row(self._text("more", values))
        yield from self._row(
            self._text("group", values), self._choice("Colour", "color", values, _COLOURS)
        )
        yield from self._row(self._text("startup_sql", values))
        yield from self._row(*(self._text(name, values) for name in ("search_path", "fetch_limit")))
        yield from self._row(
            self._text("timeout", values),
            self._choice("Ask before", "confirm_writes", values, _CONFIRM_WRITES),
        )
        no_history = TickBox(
            "Keep no history", not self._profile.history, id="no_history", compact=True
        )
        yield from self._row(
            ("", TickBox("Read-only", self._profile.read_only, id="read_only", compact=True)),
            ("", no_history),
        )

    def _row(self, *fields: tuple[str, _Field], kind: str = "") -> ComposeResult:
        with Horizontal(classes=f"form-row {kind}"):
            for label, widget in fields:
                yield Label(label, classes="form-label", markup=False)
                yield widget

    def _text(self, name: str, values: dict[str, str]) -> tuple[str, _Field]:
        label, placeholder = _LABELS[name]
        return label, Input(values[name], placeholder, id=name, compact=True)

    def _choice(
        self, label: str, name: str, values: dict[str, str], options: dict[str, str]
    ) -> tuple[str, _Field]:
        choices = [(words, value) for value, words in options.items()]
        # A file that was written by hand may say something else.
        value = values[name] if values[name] in options else next(iter(options))
        return label, Select(choices, allow_blank=False, value=value, id=name, compact=True)

    def on_mount(self) -> None:
        self._show_fields_of(self._profile.engine)
        self.query_one("#name" if self._old_name else "#url").focus()

    def _show_fields_of(self, engine: str) -> None:
        for row in self.query(".-server"):
            row.display = has_server(engine)
        for row in self.query(".-file"):
            row.display = not has_server(engine)

    # ── reading and filling ──────────────────────────────────────────────────────────────

    @property
    def _engine(self) -> str:
        return str(self.query_one("#engine", Select).value)

    def _value(self, name: str) -> str:
        field = self.query_one(f"#{name}")
        return str(field.value) if isinstance(field, Input | Select) else ""

    def _read(self) -> tuple[Profile, str | None]:
        """The profile and the typed password, None when none was typed.

        Raises:
            UsageError: A field cannot be understood.
        """
        fields = {name: self._value(name) for name in (*_LABELS, "color", "confirm_writes")}
        read_only = self.query_one("#read_only", TickBox).value
        keeps_history = not self.query_one("#no_history", TickBox).value
        base = replace(self._profile, history=keeps_history)
        profile = profile_of(base, self._engine, fields, read_only=read_only)
        return profile, self._value("password") or None

    def _fill(self, profile: Profile, password: str | None) -> None:
        self._profile = replace(profile, group=self._value("group") or profile.group)
        with self.prevent(Input.Changed):
            fields = fields_of(self._profile)
            for name in _LABELS:
                self.query_one(f"#{name}", Input).value = fields[name]
            self.query_one("#password", Input).value = password or self._value("password")
        self.query_one("#engine", Select).value = profile.engine
        self._show_fields_of(profile.engine)

    @on(Select.Changed, "#engine")
    def _engine_changed(self) -> None:
        self._show_fields_of(self._engine)

    @on(Input.Submitted, "#url")
    @on(Input.Blurred, "#url")
    @work(exclusive=True, group="url")
    async def _url_given(self) -> None:
        field = self.query_one("#url", Input)
        text = field.value.strip()
        if not text:
            return
        try:
            profile, password = await asyncio.to_thread(
                connections.profile_from_url, text, self._value("name").strip()
            )
        except TuskError as exc:
            self._say(exc.message, exc.hint, is_good=False)
            return
        # It may hold a password, which now is in the password field.
        field.value = ""
        self._fill(profile, password)
        self._say("Filled in from the URL. F5 tests it, F2 saves it.")
        self.query_one("#name").focus()

    # ── testing and saving ───────────────────────────────────────────────────────────────

    def _say(self, text: str, hint: str = "", *, is_good: bool = True) -> None:
        outcome = self.query_one("#outcome", Static)
        outcome.set_class(not is_good, "-error")
        sign = "✓" if is_good else "✗"
        more = f"\n  {safe(hint, keep_lines=True)}" if hint else ""
        outcome.update(Content(f"{sign} {safe(text, keep_lines=True)}{more}"))

    @on(Button.Pressed, "#test")
    def action_test(self) -> None:
        self._test()

    @work(exclusive=True, group="test")
    async def _test(self) -> None:
        try:
            profile, password = self._read()
            self._say("Connecting … Escape stops it.")
            info = await asyncio.to_thread(
                _test_profile, profile, password or await self._kept_password()
            )
        except TuskError as exc:
            self._say(exc.message, exc.hint, is_good=False)
        else:
            self._say(server_words(info))

    async def _kept_password(self) -> str | None:
        if self._old_name is None:
            return None
        stored = await asyncio.to_thread(connections.find_profile, self._old_name)
        if stored is None:
            return None
        return (await asyncio.to_thread(connections.target_of, stored)).password

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        self._save()

    @work(exclusive=True, group="save")
    async def _save(self) -> None:
        try:
            profile, password = self._read()
            if self._old_name is None:
                await asyncio.to_thread(connections.add_profile, profile, password)
            else:
                await asyncio.to_thread(
                    connections.replace_profile, self._old_name, profile, password or KEEP
                )
        except TuskError as exc:
            self._say(exc.message, exc.hint, is_good=False)
            return
        self.dismiss(profile.name)

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        running = [w for w in self.workers if w.node is self and w.group == "test" and w.is_running]
        if running:
            for worker in running:
                worker.cancel()
            self._say("The test was stopped.", is_good=False)
        else:
            self.dismiss(None)


def _test_profile(profile: Profile, password: str | None) -> ServerInfo:
    target = connections.target_of(profile)
    return connections.test_target(replace(target, password=password or target.password))


def server_words(info: ServerInfo) -> str:
    """What a connection test tells, in one or two lines."""
    facts = [f"{info.product} {info.version}", f"answers in {seconds(info.latency_s)}"]
    if info.tls:
        facts.append("no TLS" if info.tls == "off" else f"TLS {info.tls}")
    if info.user or info.database:
        facts.append("@".join(part for part in (info.user, info.database) if part))
    if info.is_standby:
        facts.append("standby")
    if info.is_read_only:
        facts.append("read-only")
    facts += [f"{label}: {text}" for label, text in info.details.items()]
    return " · ".join(facts)
