"""Fuzz targets: each takes any bytes, and lets through only what it is allowed to raise."""
