"""What tariffs say to people, on whatever screen or paper: how a line came about, and what is wrong with a text."""
