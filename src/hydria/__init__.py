"""Hydria: the commercial system of a water utility. Start reading at docs/ARCHITECTURE.md."""
