"""The printed quotation: its builder and its template."""
