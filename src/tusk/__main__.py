"""Lets `python -m tusk` do what the `tusk` command does."""

from tusk.cli.main import main

if __name__ == "__main__":
    main()
