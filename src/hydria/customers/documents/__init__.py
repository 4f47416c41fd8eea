"""The printed contract: its card, its builder and its template."""
