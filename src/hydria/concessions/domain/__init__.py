"""Pure rules of concessions: how a fund stands, and which accounts it still pays for."""
