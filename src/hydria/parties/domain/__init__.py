"""Pure rules of parties: no Django, clock or input/output."""
