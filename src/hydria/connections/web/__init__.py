"""Screens of applications."""
