"""A sealer in a process of its own, to be killed: `python -m tests.service.sealer_process URL`."""

import asyncio
import sys

from shared.database.engine import Database
from shared.sealing.sealer import seal


async def main(url: str) -> None:
    """Seal three at a time until killed."""
    database = Database(url, pool_size=1)
    begun = False
    while True:
        await seal(database, most=3)
        if not begun:
            begun = True
            print("begun", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
