"""Decide and count without a database: the moves of a run, what stands in an agreement's way, the proof."""
