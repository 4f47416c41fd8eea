"""
Turn tariff texts into numbers; pure.

`document` reads YAML, `formula` the expressions in it, `form` the tariff's fields, `compile` proves that they make
sense; `rating` prices columns with `shapes` and `evaluation`; `oracle` prices one account again, separately.
"""
