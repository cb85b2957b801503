"""The parts of Skatteverket's answer in version 11, and which of them are asked for."""

TAX_PARTS = ("foretagsinformation", "individuppgifter", "skattekonto", "skatteuppgifter", "beskattningsbilagor")
"""In the order in which the question names them."""

ASKED_TAX_PARTS = frozenset({"skatteuppgifter", "skattekonto"})
"""Capital income and what is paid back of tax: what 6 § of the ordinance (2008:975) is read to open, for any purpose.

Whether other parts may be asked for is a question of law, so that they are not.
"""
