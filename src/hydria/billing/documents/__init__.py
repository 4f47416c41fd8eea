"""The invoice on paper (BIL-08): `card` says what it holds, `invoice` puts it into words, `invoice.typ` onto the page."""
