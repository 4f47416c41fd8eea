"""The doors of the front office."""
