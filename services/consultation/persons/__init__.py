"""Who a question is about: the identity number, as a type that prints as a mask."""
