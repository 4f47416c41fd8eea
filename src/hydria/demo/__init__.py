"""
Own the demo company: a believable town that lives through twelve months of Hydria.

Everything is drawn from a seed, so the same town comes out each time. `domain.town` invents the register,
`domain.habits` how much water it uses and how it pays; `operations` puts both through the product's own operations.
"""
