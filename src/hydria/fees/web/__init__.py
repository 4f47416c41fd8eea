"""Screens of fees."""
