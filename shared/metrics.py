"""Where every metric of the process is registered; what is shown of them is decided by who serves them."""

from prometheus_client import REGISTRY

__all__ = ["REGISTRY"]
