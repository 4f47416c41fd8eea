"""Screens of concessions."""
