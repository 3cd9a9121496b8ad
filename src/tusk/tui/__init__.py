"""The terminal app, over `tusk.services`."""
