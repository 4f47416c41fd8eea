"""The receipt on paper (PAY-05): an 80 mm strip for the till's printer, from the same card as the payment's page."""
