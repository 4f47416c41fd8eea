"""
The web parts that every context's screens are made of, and the platform's own screens.

A view parses, makes one call and renders. `doors` gives it the actor and the permission check, `listing` turns a
queryset and a table of columns into a page with filters, sorting, keyset paging, totals and exports, `forms` shows
what an operation refused without losing what was typed. Templates get cards and cells only; their components are in
`platform/templates/cotton`, all of them shown at `/components/`.
"""
