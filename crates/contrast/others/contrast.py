"""The rows' work on asyncio: argument 1 is "asyncio" or "uvloop", standard input says what to do, as JSON.

Written as somebody who knows asyncio would write it, with the standard library alone. Prints what it cost, as JSON.
"""

import asyncio
import hashlib
import json
import sys
import time
import urllib.parse
import zlib

BLOCK = bytes(64 * 1024)


def memory(figure):
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith(figure):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def compute(kib):
    """What a request computes: SHA-256 of so many KiB."""
    digest = hashlib.sha256()
    for _ in range(kib // 64):
        digest.update(BLOCK)
    digest.update(BLOCK[: kib % 64 * 1024])
    return digest.digest()


async def waiting(work):
    async def wait():
        for _ in range(work["waits"]):
            await asyncio.sleep(work["wait_s"])

    await asyncio.gather(*(wait() for _ in range(work["tasks"])))
    return {"tasks": work["tasks"]}


async def fan_out(work):
    async def ask(url):
        parts = urllib.parse.urlsplit(url)
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        connection = "keep-alive" if work["keep_alive"] else "close"
        request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: {connection}\r\n\r\n".encode()
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
        for _ in range(work["requests_each"]):
            writer.write(request)
            if not work["keep_alive"]:
                if not (await reader.read()).startswith(b"HTTP/1."):
                    raise RuntimeError(f"{url} does not answer in HTTP")
                continue
            length = 0
            while (line := await reader.readline()).strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            await reader.readexactly(length)
        writer.close()

    await asyncio.gather(*(ask(url) for url in work["urls"]))
    return {"tasks": len(work["urls"])}


async def files(work):
    total = 0

    async def process(path):
        nonlocal total
        try:
            digest = hashlib.sha256()
            compressor = zlib.compressobj(6, zlib.DEFLATED, -15)
            with open(path, "rb", buffering=0) as file:
                while chunk := file.read(64 * 1024):
                    digest.update(chunk)
                    compressor.compress(chunk)
            compressor.flush()
            total += int.from_bytes(digest.digest()[:8], "little")
        except OSError:
            pass  # Filch's columns say what cannot be read.

    paths = work["paths"] * work["passes"]
    await asyncio.gather(*(process(path) for path in paths))
    return {"tasks": len(paths), "digest": f"{total % 2**64:016x}"}


async def fork_join(work):
    rounds = work["rounds"]

    def leaf(x):
        for _ in range(rounds):
            x ^= x << 13 & 0xFFFFFFFF
            x ^= x >> 17
            x ^= x << 5 & 0xFFFFFFFF
        return x

    async def total(first, end):
        parts = []
        while end - first > 1:
            middle = first + max(1, (end - first) // 4)
            parts.append(asyncio.create_task(total(first, middle)))
            first = middle
        total_here = leaf(first + 1)
        for part in parts:
            total_here += await part
        return total_here

    # Computing is slow in Python: a part of the tree, and a sum of its own.
    leaves = min(work["leaves"], work["leaves_in_python"])
    await total(0, leaves)
    return {"tasks": leaves, "part_done": leaves / work["leaves"]}


async def mixed(work):
    async def serve(kib):
        await asyncio.sleep(work["wait_s"])
        compute(kib)

    async def client():
        for _ in range(work["requests_each"]):
            await serve(work["kib"])

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(work["clients"])))
    throughput = work["clients"] * work["requests_each"] / (time.perf_counter() - started)

    latencies = []

    async def request(due, kib):
        await serve(kib)
        if kib == work["kib"]:
            latencies.append(round((loop.time() - due) * 1e6))

    loop = asyncio.get_running_loop()
    started, tasks = loop.time(), []
    for number in range(work["arrivals"]):
        due = started + number * work["every_s"]
        await asyncio.sleep(max(0, due - loop.time()))
        kib = work["heavy_kib"] if number == work["heavy_one"] else work["kib"]
        tasks.append(asyncio.create_task(request(due, kib)))
    await asyncio.gather(*tasks)
    tasks = work["clients"] * work["requests_each"] + work["arrivals"]
    return {"tasks": tasks, "throughput": throughput, "latencies_us": latencies}


async def blocking(work):
    loop = asyncio.get_running_loop()
    start, period = loop.time(), work["period_s"]

    async def tick(number):
        due, longest, has_blocked = start + period + period * number / work["tasks"], 0.0, False
        while due < start + work["run_for_s"]:
            await asyncio.sleep(max(0, due - loop.time()))
            now = loop.time()
            longest = max(longest, now - due)
            if number == 0 and not has_blocked and now >= start + work["block_after_s"]:
                has_blocked = True
                time.sleep(work["block_for_s"])
            due += period * (max(0, loop.time() - due) // period + 1)
        return longest

    _, *others = await asyncio.gather(*(tick(number) for number in range(work["tasks"])))
    late = sum(longest > work["noticeable_s"] for longest in others)
    delays = {"longest_s": max(others), "delayed_tasks": late, "other_tasks": len(others)}
    return {"tasks": work["tasks"], "delays": delays}


async def million(work):
    before, tasks = memory("VmRSS:"), work["tasks_in_python"]
    sleepers = [asyncio.create_task(asyncio.sleep(work["sleep_s"])) for _ in range(tasks)]
    for sleeper in sleepers:
        await sleeper
    peak = memory("VmHWM:")
    per_task = (peak - before) / tasks if peak and before else None
    return {"tasks": tasks, "bytes_per_task": per_task}


def main():
    work = json.load(sys.stdin)
    row = globals()[work["row"].replace("-", "_")]
    run = asyncio.run
    if sys.argv[1] == "uvloop":
        import uvloop

        run = uvloop.run
    wall, cpu = time.perf_counter(), time.process_time()
    sample = run(row(work))
    part = sample.setdefault("part_done", 1.0)
    sample["wall_s"] = (time.perf_counter() - wall) / part
    sample["cpu_s"] = (time.process_time() - cpu) / part
    sample["peak_bytes"] = memory("VmHWM:")
    sample["threads"] = 1
    print(json.dumps(sample))


main()
