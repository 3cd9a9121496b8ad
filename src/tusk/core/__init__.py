"""Pure parts shared by every layer: errors, statements, results, text. No drivers, no UI."""
