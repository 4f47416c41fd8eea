"""The doors of own fields."""
