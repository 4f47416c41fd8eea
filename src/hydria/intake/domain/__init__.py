"""Pure parts of loading: kinds of records, mappings, and the transforms from cells to fields."""
