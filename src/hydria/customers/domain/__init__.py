"""Pure rules of the front office: kinds of file, texts of contracts."""
