"""Stands in for SSBTEK: speaks the contract, and answers by the person number that is asked about.

Every person in it is invented; see `persons.PERSONS`.
"""
