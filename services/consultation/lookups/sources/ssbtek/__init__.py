"""The seven sources through SSBTEK: builds the question, sends it, and reads the composite answer.

The contract is Försäkringskassan's, `ssbt` version 10 or 11. Everything that differs between versions is in a
`ContractVersion`; the readers under `readers/` know one source each and no version.
"""
