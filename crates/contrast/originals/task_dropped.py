# After the article's program; SCALE shortens its waits.
import asyncio
import os

SCALE = float(os.environ.get("SCALE", "1"))

async def main():
    print("awaiting foo...")
    task = asyncio.create_task(foo("inside foo"))
    print("finished awaiting foo")

async def foo(text):
    print(text)
    await asyncio.sleep(1 * SCALE)
    print("Ending foo")

asyncio.run(main())
