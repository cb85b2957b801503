"""The truth about time: working time in a business calendar, and whose turn it was for how much of it.

Pure: instants come in as arguments and nothing here reads a clock.
"""
