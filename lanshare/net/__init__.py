"""Sockets, TLS and mDNS. Knows nothing of transfers; hands conversations to the floor above."""
