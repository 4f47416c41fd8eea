"""What the directory works out without a database: which acts there are, and how one of them moves on."""
