"""Pure rules of receivables: which held money settles which owed item."""
