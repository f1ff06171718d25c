"""Fixtures for the tables of transfers."""

from __future__ import annotations

from tests.harness.transfer_table import setting

__all__ = ["setting"]
