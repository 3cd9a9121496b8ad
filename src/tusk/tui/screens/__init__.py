"""Screens: they compose widgets and turn keys into calls of services."""
