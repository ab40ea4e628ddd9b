"""The work, with asyncio's own tasks, futures and protocols; everything is on one thread."""

import asyncio
import time


async def empty():
    pass


async def spawn_join_from_task(size, _resident_bytes):
    async def spawn_and_join():
        tasks = [asyncio.create_task(empty()) for _ in range(size)]
        for task in tasks:
            await task

    await asyncio.create_task(spawn_and_join())
    return size, None


YIELDERS = 200


async def yield_many(times, _resident_bytes):
    async def give_way():
        for _ in range(times):
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(give_way()) for _ in range(YIELDERS)]
    for task in tasks:
        await task
    return YIELDERS * times, None


async def ping_pong(size, _resident_bytes):
    loop = asyncio.get_running_loop()

    async def pong(question, answer):
        await question
        answer.set_result(None)

    async def ping():
        question, answer = loop.create_future(), loop.create_future()
        other = asyncio.create_task(pong(question, answer))
        question.set_result(None)
        await answer
        return other  # Somebody has to hold a task, or it may be collected.

    pairs = [asyncio.create_task(ping()) for _ in range(size)]
    for pair in pairs:
        await pair
    return size, None


async def chained_spawn(size, _resident_bytes):
    done = asyncio.get_running_loop().create_future()
    held = set()

    async def link(left):
        if left == 0:
            done.set_result(None)
        else:
            spawn(left - 1)

    def spawn(left):
        task = asyncio.create_task(link(left))
        held.add(task)
        task.add_done_callback(held.discard)

    spawn(size)
    await done
    return size, None


async def skynet(size, _resident_bytes):
    async def node(first, leaves):
        if leaves <= 1:
            return first
        share = leaves // 10
        children = [asyncio.create_task(node(first + i * share, share)) for i in range(10)]
        return sum([await child for child in children])

    total = await asyncio.create_task(node(0, size))
    if total != size * (size - 1) // 2:
        raise RuntimeError(f"the leaves sum up to {total}")
    return size, None


async def sleepers(size, resident_bytes):
    """Every task sleeps equally long, long enough for all of them to be there before the first wakes."""
    sleep = 0.05 + size / 100_000
    before = resident_bytes()
    start = time.perf_counter_ns()
    tasks = [asyncio.create_task(asyncio.sleep(sleep)) for _ in range(size)]
    await asyncio.sleep(0)  # Comes after the first step of every task: now all of them sleep.
    grown = resident_bytes() - before
    for task in tasks:
        await task
    elapsed = time.perf_counter_ns() - start
    return size, {"over": elapsed - sleep * 1e9, "bytes": grown / size}


CONNECTIONS = 64
MESSAGE = bytes([7]) * 64


class Server(asyncio.Protocol):
    """Sends back what comes. A protocol and not streams: it is what asyncio has that is fastest."""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Client(asyncio.Protocol):
    """Sends the message again whenever it has come back."""

    def __init__(self):
        self.received = 0

    def connection_made(self, transport):
        self.transport = transport

    def ask(self, round_trips):
        self.left = round_trips
        self.done = asyncio.get_running_loop().create_future()
        self.transport.write(MESSAGE)
        return self.done

    def data_received(self, data):
        self.received += len(data)
        if self.received < len(MESSAGE):
            return
        self.received -= len(MESSAGE)
        self.left -= 1
        if self.left > 0:
            self.transport.write(MESSAGE)
        else:
            self.done.set_result(None)


async def echo_64_connections(round_trips, _resident_bytes):
    """The clock starts when every connection has been used once."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    clients = []
    for _ in range(CONNECTIONS):
        _transport, client = await loop.create_connection(Client, "127.0.0.1", port)
        await client.ask(1)
        clients.append(client)

    start = time.perf_counter_ns()
    for answered in [client.ask(round_trips) for client in clients]:
        await answered
    elapsed = time.perf_counter_ns() - start
    for client in clients:
        client.transport.close()
    server.close()
    await server.wait_closed()
    operations = CONNECTIONS * round_trips
    return operations, {"time": elapsed / operations}


BY_NAME = {
    work.__name__: work
    for work in [
        spawn_join_from_task,
        yield_many,
        ping_pong,
        chained_spawn,
        skynet,
        sleepers,
        echo_64_connections,
    ]
}
