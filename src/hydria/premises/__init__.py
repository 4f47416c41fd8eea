"""
Own places: premises, service points with their routes and units, zones, sectors, cycles, categories.

Invariants: a cadastral code names one premise; a route position belongs to one point; units of a category at a point
never overlap in time. The service point survives every customer. Start with `models.ServicePoint`.
"""
