// The rows' work on Node: standard input says what to do, as JSON. Written as somebody who knows Node would write it,
// with its own modules alone. Prints what it cost, as JSON.
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const http = require("node:http");
const zlib = require("node:zlib");
const { setTimeout: sleep } = require("node:timers/promises");

const BLOCK = Buffer.alloc(64 * 1024);

function memory(figure) {
  try {
    const line = fs.readFileSync("/proc/self/status", "utf8").split("\n").find((line) => line.startsWith(figure));
    return Number.parseInt(line.slice(figure.length), 10) * 1024;
  } catch {
    return null;
  }
}

const now = () => performance.now() / 1000;
const repeat = (times, start) => Promise.all(Array.from({ length: times }, (_, number) => start(number)));

/** What a request computes: SHA-256 of so many KiB. */
function compute(kib) {
  const hash = crypto.createHash("sha256");
  for (let i = 0; i < Math.floor(kib / 64); i++) hash.update(BLOCK);
  hash.update(BLOCK.subarray(0, (kib % 64) * 1024));
  return hash.digest();
}

/** Node's timers count whole milliseconds. */
const wait = (seconds) => sleep(Math.max(0, Math.ceil(seconds * 1000)));

const rows = {
  async waiting(work) {
    await repeat(work.tasks, async () => {
      for (let i = 0; i < work.waits; i++) await wait(work.wait_s);
    });
    return { tasks: work.tasks };
  },

  async "fan-out"(work) {
    const agent = new http.Agent({ keepAlive: work.keep_alive, maxSockets: Infinity });
    const ask = (url) =>
      new Promise((resolve, reject) => {
        http.get(url, { agent }, (response) => response.resume().on("end", resolve).on("error", reject)).on("error", reject);
      });
    await Promise.all(
      work.urls.map(async (url) => {
        for (let i = 0; i < work.requests_each; i++) await ask(url);
      }),
    );
    agent.destroy();
    return { tasks: work.urls.length };
  },

  async files(work) {
    let total = 0n;
    const process = async (path) => {
      try {
        const content = fs.readFileSync(path);
        zlib.deflateRawSync(content, { level: 6 });
        total += crypto.createHash("sha256").update(content).digest().readBigUInt64LE();
      } catch (error) {
        if (!error.syscall) throw error; // What cannot be read, Filch's columns say.
      }
    };
    for (let pass = 0; pass < work.passes; pass++) await Promise.all(work.paths.map(process));
    const digest = BigInt.asUintN(64, total).toString(16).padStart(16, "0");
    return { tasks: work.paths.length * work.passes, digest };
  },

  async "fork-join"(work) {
    const leaf = (x) => {
      for (let i = 0; i < work.rounds; i++) {
        x ^= x << 13;
        x ^= x >>> 17;
        x ^= x << 5;
      }
      return x >>> 0;
    };
    const total = async (first, end) => {
      await null; // A task of its own, not a call.
      const parts = [];
      while (end - first > 1) {
        const middle = first + Math.max(1, Math.floor((end - first) / 4));
        parts.push(total(first, middle));
        first = middle;
      }
      let totalHere = leaf(first + 1);
      for (const part of parts) totalHere += await part;
      return totalHere;
    };
    // A part of the tree where there is much of it, and a sum of its own.
    const leaves = Math.min(work.leaves, work.leaves_in_node);
    await total(0, leaves);
    return { tasks: leaves, part_done: leaves / work.leaves };
  },

  async mixed(work) {
    const serve = async (kib) => {
      await wait(work.wait_s);
      compute(kib);
    };
    let started = now();
    await repeat(work.clients, async () => {
      for (let i = 0; i < work.requests_each; i++) await serve(work.kib);
    });
    const throughput = (work.clients * work.requests_each) / (now() - started);

    const latencies = [];
    const request = async (due, kib) => {
      await serve(kib);
      if (kib === work.kib) latencies.push(Math.round((now() - due) * 1e6));
    };
    started = now();
    const requests = [];
    for (let number = 0; number < work.arrivals; number++) {
      const due = started + number * work.every_s;
      if (due > now()) await wait(due - now());
      requests.push(request(due, number === work.heavy_one ? work.heavy_kib : work.kib));
    }
    await Promise.all(requests);
    const tasks = work.clients * work.requests_each + work.arrivals;
    return { tasks, throughput, latencies_us: latencies };
  },

  async blocking(work) {
    const start = now();
    const longest = await repeat(work.tasks, async (number) => {
      let due = start + work.period_s + (work.period_s * number) / work.tasks;
      let late = 0;
      let hasBlocked = false;
      while (due < start + work.run_for_s) {
        await wait(due - now());
        const time = now();
        late = Math.max(late, time - due);
        if (number === 0 && !hasBlocked && time >= start + work.block_after_s) {
          hasBlocked = true;
          // The mistake: Node has no sleep that blocks but this one.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, work.block_for_s * 1000);
        }
        due += work.period_s * (Math.floor(Math.max(0, now() - due) / work.period_s) + 1);
      }
      return late;
    });
    const others = longest.slice(1);
    const late = others.filter((delay) => delay > work.noticeable_s).length;
    return {
      tasks: work.tasks,
      delays: { longest_s: Math.max(...others), delayed_tasks: late, other_tasks: others.length },
    };
  },

  async million(work) {
    const before = memory("VmRSS:");
    await repeat(work.tasks, () => wait(work.sleep_s));
    const peak = memory("VmHWM:");
    return { tasks: work.tasks, bytes_per_task: peak && before ? (peak - before) / work.tasks : null };
  },
};

async function main() {
  const work = JSON.parse(fs.readFileSync(0, "utf8"));
  const wall = now();
  const before = process.cpuUsage();
  const sample = await rows[work.row](work);
  const cpu = process.cpuUsage(before);
  sample.part_done ??= 1;
  sample.wall_s = (now() - wall) / sample.part_done;
  sample.cpu_s = (cpu.user + cpu.system) / 1e6 / sample.part_done;
  sample.peak_bytes = memory("VmHWM:");
  sample.threads = 1;
  console.log(JSON.stringify(sample));
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
