"""Pure rules of fees: how a quotation moves, and how it is split over invoices."""
