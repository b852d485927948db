"""Logs of real registries, read in chunks: one table `log`, the pulls and pushes in it, arrivals for a simulation."""
