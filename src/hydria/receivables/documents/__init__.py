"""The statement of account on paper (REC-01): as many A4 pages as it needs, from the same card as its page."""
