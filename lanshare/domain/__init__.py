"""Nouns, commands and events. Standard library only; imports nothing of lanshare's."""
