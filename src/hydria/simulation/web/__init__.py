"""The screens of simulation: ask for one, watch it, read what it found, go to the customers behind a figure."""
