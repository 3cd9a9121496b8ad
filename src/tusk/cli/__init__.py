"""The command line: thin commands over `tusk.services`, one file for each group."""
