"""
Own the way figures are shown: `hydria bench NAME`. What is measured, and against which floor, each context's `bench.py` says.

A figure is a ratio in one run against a floor measured beside it, because machines are noisy; docs/performance.md
keeps method, machine and figures. Start with `commands`.
"""
