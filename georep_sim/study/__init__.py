"""The experiment: replications, drills, estimates, comparisons, and the folder they are written to."""
