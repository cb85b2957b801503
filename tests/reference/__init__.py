"""Second opinions: computed another way than the product does, and importing nothing of it."""
