"""The command line: a shell over the engine, for people in terminals and for scripts."""
