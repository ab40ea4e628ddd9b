"""The rows of the comparison in Python: `python3 main.py WORKLOAD --size N --runs N --seconds S [--no-warm-up] [--uvloop]`;
`python3 main.py --list` names the workloads.

Prints one line of JSON, as every program of the comparison does. Runs that do not count come first, for a fifth of the
time and at least one of them, unless there must be none; then runs until there are enough or time is over. Where the
first alone took all of it, it is the one that counts.
"""

import argparse
import asyncio
import json
import platform
import re
import time

import workloads


def memory(name):
    """Resident memory in bytes: VmRSS is what there is now, VmHWM the most that there was."""
    with open("/proc/self/status", encoding="utf-8") as status:
        return int(re.search(rf"^{name}:\s+(\d+) kB$", status.read(), re.MULTILINE)[1]) * 1024


def resident_bytes():
    return memory("VmRSS")


async def measured(workload, size):
    cpu = time.process_time_ns()
    start = time.perf_counter_ns()
    operations, figures = await workload(size, resident_bytes)
    wall = time.perf_counter_ns() - start
    return {
        "operations": operations,
        "cpu_ns": time.process_time_ns() - cpu,
        "figures": figures or {"time": wall / operations},
    }


async def measure(workload, args):
    start = time.perf_counter()
    runs = []
    all_operations = 0
    warm = args.no_warm_up
    while len(runs) < args.runs and (not runs or time.perf_counter() - start < args.seconds):
        run = await measured(workload, args.size)
        all_operations += run["operations"]
        spent = time.perf_counter() - start
        if warm or spent >= args.seconds:
            runs.append(run)
        warm = warm or spent >= args.seconds / 5
    return runs, all_operations


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=workloads.BY_NAME, nargs="?")
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=1, help="an event loop has one thread, whatever is asked for")
    parser.add_argument("--no-warm-up", action="store_true")
    parser.add_argument("--uvloop", action="store_true")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    version = f"Python {platform.python_version()}"
    if args.uvloop:
        import uvloop

        uvloop.install()
        version += f", uvloop {uvloop.__version__}"
    if args.list:
        print(json.dumps({"version": version, "workloads": list(workloads.BY_NAME)}))
        return
    runs, all_operations = asyncio.run(measure(workloads.BY_NAME[args.workload], args))
    said = {"version": version, "peak_bytes": memory("VmHWM"), "all_operations": all_operations, "runs": runs}
    print(json.dumps(said))


main()
