"""Invent a town: pure functions of a seed and a size."""
