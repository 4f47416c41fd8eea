"""What the desk works out itself, without a database."""
