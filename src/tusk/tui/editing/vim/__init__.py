"""Vim's keys as a function of state, text and key; apart from any screen."""
