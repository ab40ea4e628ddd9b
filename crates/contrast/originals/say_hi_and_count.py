# After the article's program; SCALE shortens its waits.
import asyncio
import os
import time

SCALE = float(os.environ.get("SCALE", "1"))

async def say_hi():
    print("Hi!")
    await asyncio.sleep(20 * SCALE)

async def count_to_n(n):
    for i in range(1, n+1):
        print(i)
        await asyncio.sleep(1 * SCALE)

async def main():
    print(f"started at {time.strftime('%X')}")
    hi = asyncio.create_task(say_hi())
    count = asyncio.create_task(count_to_n(5))
    print("I'm a beast!")
    await count
    print(f"finished at {time.strftime('%X')}")

asyncio.run(main())
