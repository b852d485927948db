# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # First look
#
# One region with geo-redundant storage, or a replica in each of three regions? This notebook plays the quickstart
# scenario with few replications, so that it ends in a minute; its intervals are wider than those of
# `georep run scenarios/quickstart.yaml`.

# %%
import matplotlib.pyplot as plt

import georep_sim as gs

scenario = gs.load("../scenarios/quickstart.yaml")
scenario

# %% [markdown]
# ## Where a value comes from
#
# A scenario says little; presets and the atlas say the rest. Every value knows its origin, and whether it is a fact or
# an assumption (`~`).

# %%
scenario.design("geo-replicated").health.every, scenario.why("designs.geo-replicated.health.every")

# %% [markdown]
# ## Run it
#
# Both designs meet the same outages and the same requests. `run` is a function of the scenario: the same scenario and
# seed give the same numbers.

# %%
small = scenario.set({"run.replications": 3, "run.timelines": 200})
results = gs.run(small)
results

# %% [markdown]
# ## Numbers
#
# `table` puts metrics side by side, each with the ends of its 95 % interval; `compare` gives the differences of two
# designs, paired: what hits one hits the other.

# %%
results.table("availability.pull", "latency_all.pull.p99", by="region")

# %%
difference = results.compare("geo-redundant", "geo-replicated")
headline = difference[difference["metric"].isin(["availability", "cost"]) & (difference["region"] == "")]
headline[["metric", "part", "operation", "statistic", "difference", "low", "high", "unit", "verdict"]]

# %% [markdown]
# ## Pictures
#
# One fault as clients meet it, chosen because it tells the designs apart: with one region nobody is served until it
# is over; with three, only the clients nearest to it wait, for detection and DNS.

# %%
figure, axes = plt.subplots(2, 1, figsize=(9, 6), sharex=True, layout="constrained")
for ax, design in zip(axes, small.case().designs, strict=True):
    results.plot.timeline(design=design, ax=ax)

# %% [markdown]
# Availability in nines, by client region. The scale is logarithmic: each nine has the same width.

# %%
figure, ax = plt.subplots(figsize=(9, 3.5), layout="constrained")
results.plot.nines(ax=ax)
# %% [markdown]
# ## Change one setting
#
# `set` returns a new scenario. What if a client kept an address for five minutes instead of thirty seconds? The
# draws are addressed by name, so both runs meet the same outages, and the difference is the setting's alone.

# %%
slow = gs.run(small.set({"designs.geo-replicated.route.ttl": "5 min"}))
for name, run in {"TTL as in the preset": results, "TTL 5 min": slow}.items():
    recovery = run.table("rto.pull.p95_at_90", "availability.pull.time_weighted")
    print(f"{name}\n{recovery.xs('geo-replicated', axis='columns', level='design').to_string()}\n")

# %% [markdown]
# Next: copy the scenario, put in your regions and rates, and see which of the assumed inputs matter to you:
# `georep explain` lists them.
