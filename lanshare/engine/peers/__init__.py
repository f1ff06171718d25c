"""Who is there, who is trusted, who may see us: tables without I/O, owned by the engine's thread."""
