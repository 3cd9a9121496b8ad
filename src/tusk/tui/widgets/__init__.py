"""Widgets: they own their state, post messages up and never reach for siblings."""
