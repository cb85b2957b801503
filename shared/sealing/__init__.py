"""Seals an append-only trail apart from where it is written, so that its own administrator can't change it unseen.

- `chain`: what a link is, as pure functions.
- `sealer`: moves what waits in the queue to the chain.
- `checkpoints`, `book`: signed statements of how far the chain has come, in an append-only file outside the database.
- `checkpointing`, `delivery`: makes them, and hands copies on.
- `watch`: how late all of this is, and that nothing is disclosed while it is too late.
- `erasure`: removes texts whose time is over; the chain still verifies.
- `verify`: tells whether all of it holds, and where it first doesn't.

The tables are made by `shared.database.ddl.sealing_tables`; a trigger fills the queue, so no writer can forget it.
"""
