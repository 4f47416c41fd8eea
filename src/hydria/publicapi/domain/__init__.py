"""Keys, scopes and cursors, without database or clock."""
