"""Two micro-models in six ways, each as a user of that library would write it.

A peer is a module with two functions, ``queue(customers, seed)`` and ``pull(pulls, seed, what)``, that play a model of
`benchmarks.peers.models` to its end and return the `Moments` of the response times. Where a library has no fork and
join or no processor sharing, the module's first lines say how its users would do it.
"""
