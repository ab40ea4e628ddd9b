# After the article's program; SCALE shortens its waits.
import asyncio
import os

SCALE = float(os.environ.get("SCALE", "1"))

async def fetch_data():
    print("Fetching data starts")
    await asyncio.sleep(2 * SCALE)
    print("Fetching data completes")

if __name__ == "__main__":
    asyncio.run(fetch_data())
