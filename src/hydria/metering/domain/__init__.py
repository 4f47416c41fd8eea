"""Work out quantities from dials, judge them, and estimate what was not read: pure functions over columns."""
