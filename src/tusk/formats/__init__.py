"""Result sets as bytes: one module per format, found through `tusk.formats.registry`."""
