"""Measurements beside peers, by `make bench`.

Real servers run as processes of their own on one core, and the load and what stands for the outside world on another,
so that neither takes time from the other. What is compared runs in turns, three rounds, and the median counts.

Ratios compare CPU per request, read from the kernel, which neighbours on the machine disturb least; the ratio of
requests per second is printed beside it.
"""
