"""Messages and groups, and conversations saved to a file: tables without I/O, owned by the engine's thread."""
