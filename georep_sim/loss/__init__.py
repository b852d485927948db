"""How likely content is lost: exact chains, simulation, and the budget by cause. Times in years, rates per year."""
