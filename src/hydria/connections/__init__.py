"""
Own the road from an application to a connected customer: steps with their days, documents, feasibility, fees, order.

Invariants: an application moves only as `domain.steps` says, each move with who, when and why; it is connected by the
front office's own act, in the same transaction; who has applied has an account only once there are fees to pay.
Start with `operations` and `domain.steps`.
"""
