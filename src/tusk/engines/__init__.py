"""The engines: one protocol (`base`), one module or folder per database."""
