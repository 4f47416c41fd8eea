"""What own fields can hold, and when a value fits."""
