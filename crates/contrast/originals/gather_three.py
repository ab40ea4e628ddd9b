# After the article's program; SCALE shortens its waits.
import asyncio
import os

SCALE = float(os.environ.get("SCALE", "1"))

async def fetch_data(task_name):

    print(f"{task_name}: Fetching data starts")
    await asyncio.sleep(2 * SCALE)
    print(f"{task_name}: Fetching data completes")

async def main():

    tasks = [
        fetch_data("Task 1"),
        fetch_data("Task 2"),
        fetch_data("Task 3"),
    ]

    await asyncio.gather(*tasks)

if __name__ == "__main__":
    # The article's listing ends inside this block, before the line that it means:
    asyncio.run(main())
