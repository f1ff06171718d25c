"""A second implementation of the protocol, from its paper alone, speaking with a real engine."""
