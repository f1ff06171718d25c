"""The command line: a shell over the node, for people in terminals and for scripts."""
