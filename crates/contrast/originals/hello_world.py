# The article's program as it stands.
import asyncio

async def main():
    print("hello world")

asyncio.run(main())
