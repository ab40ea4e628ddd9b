// The work. A task is a promise whose function starts in a later microtask: spawning returns before the task runs, as it
// does in the other languages. Everything is on one thread.

"use strict";

const net = require("node:net");

const spawn = (task) => Promise.resolve().then(task);

// A promise and what resolves it: a channel for one message.
function oneshot() {
  let send;
  const received = new Promise((resolve) => {
    send = resolve;
  });
  return { send, received };
}

async function spawnJoinFromTask(size) {
  await spawn(async () => {
    const tasks = [];
    for (let i = 0; i < size; i++) {
      tasks.push(spawn(async () => {}));
    }
    for (const task of tasks) {
      await task;
    }
  });
  return { operations: size };
}

const YIELDERS = 200;

async function yieldMany(times) {
  const tasks = [];
  for (let i = 0; i < YIELDERS; i++) {
    tasks.push(
      spawn(async () => {
        for (let i = 0; i < times; i++) {
          await null;
        }
      }),
    );
  }
  for (const task of tasks) {
    await task;
  }
  return { operations: YIELDERS * times };
}

async function pingPong(size) {
  const pairs = [];
  for (let i = 0; i < size; i++) {
    pairs.push(
      spawn(async () => {
        const question = oneshot();
        const answer = oneshot();
        spawn(async () => {
          await question.received;
          answer.send();
        });
        question.send();
        await answer.received;
      }),
    );
  }
  for (const pair of pairs) {
    await pair;
  }
  return { operations: size };
}

async function chainedSpawn(size) {
  const done = oneshot();
  const link = async (left) => {
    if (left === 0) {
      done.send();
    } else {
      spawn(() => link(left - 1));
    }
  };
  spawn(() => link(size));
  await done.received;
  return { operations: size };
}

async function skynet(size) {
  const node = async (first, leaves) => {
    if (leaves <= 1) {
      return first;
    }
    const share = leaves / 10;
    const children = [];
    for (let i = 0; i < 10; i++) {
      children.push(spawn(() => node(first + i * share, share)));
    }
    let sum = 0;
    for (const child of children) {
      sum += await child;
    }
    return sum;
  };
  const sum = await spawn(() => node(0, size));
  if (sum !== (size * (size - 1)) / 2) {
    throw new Error(`the leaves sum up to ${sum}`);
  }
  return { operations: size };
}

// Every task sleeps equally long, long enough for all of them to be there before the first wakes.
async function sleepers(size, resident) {
  const sleep = 50 + size / 100;
  const before = resident();
  const start = process.hrtime.bigint();
  const tasks = [];
  for (let i = 0; i < size; i++) {
    tasks.push(spawn(() => new Promise((resolve) => setTimeout(resolve, sleep))));
  }
  await new Promise(setImmediate); // Every microtask comes before it: now all of them sleep.
  const bytes = (resident() - before) / size;
  for (const task of tasks) {
    await task;
  }
  const elapsed = Number(process.hrtime.bigint() - start);
  return { operations: size, figures: { over: elapsed - sleep * 1e6, bytes } };
}

const CONNECTIONS = 64;
const MESSAGE = 64;

// The clock starts when every connection has been used once.
async function echo(roundTrips) {
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on("data", (data) => socket.write(data));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", 1024, resolve));
  const { port } = server.address();
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(port)));

  const start = process.hrtime.bigint();
  for (const done of sockets.map((socket) => ask(socket, roundTrips))) {
    await done;
  }
  const elapsed = Number(process.hrtime.bigint() - start);
  for (const socket of sockets) {
    socket.destroy();
  }
  await new Promise((resolve) => server.close(resolve));
  const operations = CONNECTIONS * roundTrips;
  return { operations, figures: { time: elapsed / operations } };
}

async function connect(port) {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  await ask(socket, 1);
  return socket;
}

function ask(socket, roundTrips) {
  return new Promise((resolve) => {
    const message = Buffer.alloc(MESSAGE, 7);
    let left = roundTrips;
    let received = 0;
    const answered = (data) => {
      received += data.length;
      if (received < MESSAGE) {
        return;
      }
      received -= MESSAGE;
      left--;
      if (left > 0) {
        socket.write(message);
      } else {
        socket.off("data", answered);
        resolve();
      }
    };
    socket.on("data", answered);
    socket.write(message);
  });
}

module.exports = {
  spawn_join_from_task: spawnJoinFromTask,
  yield_many: yieldMany,
  ping_pong: pingPong,
  chained_spawn: chainedSpawn,
  skynet,
  sleepers,
  echo_64_connections: echo,
};
