"""Hydria: customer, metering, billing and collection for water utilities."""

__version__ = "0.1.0"
