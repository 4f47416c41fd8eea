"""
Turn cards into paper: PDF files by Typst, barcodes, and the spelling of money, quantities and dates.

A document of a context is three things in its `documents/` folder: a frozen card (what the paper says), a builder
(the card in words of the reader's language, as plain data) and a `.typ` template (where it stands on the page).
Templates do no arithmetic and hold no words. Start with `compiler.render_pdf`; the shared look is `house.typ`.
"""
