"""The product: three services that share mechanisms and nothing else. `python -m services` starts them."""
