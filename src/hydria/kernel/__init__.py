"""
Hold what every context says and counts with: errors, issues, money, rounding, periods, allotment,
kinds of files.

The kernel is pure: no Django, no clock, no environment, no input or output. Everything here is immutable
or a function of its arguments. Start with `money` and `rounding`.
"""
