"""From the log of a real registry to a workload in the scenario language, each number with what it rests on."""
