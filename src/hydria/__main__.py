"""Let `python -m hydria` be the `hydria` command."""

from hydria.cli import main

main()
