"""Pure rules of applications: their steps, which follows which, and what each one waits for."""
