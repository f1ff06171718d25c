"""The engine: all state of a device, its rules and its threads. Shells start or join one through `client`."""
