"""Lets ``python -m georep_sim.cli`` stand in for ``georep``."""

from georep_sim.cli import main

if __name__ == "__main__":
    main()
