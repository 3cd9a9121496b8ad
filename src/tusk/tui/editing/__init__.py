"""Editing apart from the screen: texts, ranges and the changes that keys make to them."""
