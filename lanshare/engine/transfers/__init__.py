"""Transfers in both directions, from the offer to the last word: tables without I/O, owned by the engine's thread."""
