"""Each service put together from the environment, one module a service, and what starting them has in common.

Beside `services.__main__` the only place that may import several services; no service knows it.
"""
