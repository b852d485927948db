"""How fast the simulator is, and beside whom. Run from a checkout, with the package installed; see README.md."""
