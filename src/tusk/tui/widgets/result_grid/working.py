"""Work for a dialog of the grid: in a thread, with a line that says how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from textual.content import Content
from textual.widgets import Static

from tusk.core.errors import TuskError
from tusk.core.text import safe
from tusk.services.results.job import Job

T = TypeVar("T")

_INTERVAL_S = 0.1


class WorkLine(Static):
    """Says what is being worked out; hidden when there is nothing to say."""

    DEFAULT_CSS = """
    WorkLine {
        height: auto;
        padding: 0 1;
        color: $text-accent;
        display: none;
        &.-error {
            color: $text-error;
        }
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def say(self, text: str, *, is_error: bool = False) -> None:
        """Show a text, which is made safe here; an empty one hides the line."""
        self.set_class(is_error, "-error")
        self.update(Content(safe(text)))
        self.display = bool(text)

    def tell(self, error: TuskError) -> None:
        """Show what went wrong."""
        self.say(f"{error.message} ({error.hint})" if error.hint else error.message, is_error=True)

    async def follow(self, what: str, work: Callable[[Job], T]) -> T | None:
        """Do something in a thread and say how far it is; None when that failed, which is told.

        Cancelling the worker that awaits this stops the work.
        """
        job = Job()
        self.say(f"{what} …")
        timer = self.set_interval(_INTERVAL_S, lambda: self.say(f"{what} … {job.done:.0%}"))
        try:
            result = await asyncio.to_thread(work, job)
        except TuskError as error:
            self.tell(error)
            return None
        except IndexError:
            self.say("The rows are gone: the result was closed.", is_error=True)
            return None
        finally:
            job.stop()
            timer.stop()
        self.say("")
        return result
