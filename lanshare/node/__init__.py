"""The engine: the one writer of state, its rules and its threads. Runs with PySide6 absent."""
