"""Lanshare in the menus of the desktop: which files that takes, and how they are written and taken away again."""
