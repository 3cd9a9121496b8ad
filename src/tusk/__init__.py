"""tusk: a terminal workbench for data, as an app and as a command."""

__version__ = "0.1.0"
