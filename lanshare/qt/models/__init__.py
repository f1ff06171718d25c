"""Lists and tables fed by events only."""
