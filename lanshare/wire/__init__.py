"""The bytes between two devices (PROTOCOL.md, beside this file), without any I/O."""
