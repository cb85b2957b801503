"""Each service put together from the environment, one module a service, and what starting them has in common.

The only place that may import several services; no service knows it. `commands` is what `./samrad` does with them.
"""
