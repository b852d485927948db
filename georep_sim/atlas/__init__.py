"""Facts about real providers, each with its source and its date; the lookups are in `georep_sim.atlas.load`.

Values are of three methods: ``atlas`` (stands in a table), ``estimated`` (computed from one), ``assumed`` (a guess).
"""
