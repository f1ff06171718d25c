"""Fixtures for several devices in one test."""

from __future__ import annotations

from tests.harness.pairs import shells

__all__ = ["shells"]
