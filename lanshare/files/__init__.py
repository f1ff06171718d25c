"""The disk side of a transfer: what is sent is read, what arrives is kept. Knows no network and no database."""
