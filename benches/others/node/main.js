// The rows of the comparison in JavaScript: `node main.js WORKLOAD --size N --runs N --seconds S [--no-warm-up]`;
// `node main.js --list` names the workloads.
//
// Prints one line of JSON, as every program of the comparison does. Runs that do not count come first, for a fifth of the
// time and at least one of them, unless there must be none; then runs until there are enough or time is over. Where the
// first alone took all of it, it is the one that counts.

"use strict";

const fs = require("node:fs");
const { parseArgs } = require("node:util");
const workloads = require("./workloads.js");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: "string", default: "1000" },
    runs: { type: "string", default: "3" },
    seconds: { type: "string", default: "1" },
    workers: { type: "string", default: "1" }, // JavaScript runs on one thread, whatever is asked for.
    "no-warm-up": { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});

const VERSION = `Node ${process.versions.node}`;

// Resident memory in bytes: VmRSS is what there is now, VmHWM the most that there was.
function memory(name) {
  const status = fs.readFileSync("/proc/self/status", "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)[1]) * 1024;
}

async function measured(workload, size) {
  const cpuBefore = process.cpuUsage();
  const start = process.hrtime.bigint();
  const { operations, figures } = await workload(size, () => memory("VmRSS"));
  const wall = Number(process.hrtime.bigint() - start);
  const cpu = process.cpuUsage(cpuBefore);
  return {
    operations,
    cpu_ns: (cpu.user + cpu.system) * 1000,
    figures: figures ?? { time: wall / operations },
  };
}

async function main() {
  if (values.list) {
    console.log(JSON.stringify({ version: VERSION, workloads: Object.keys(workloads) }));
    return;
  }
  const [name] = positionals;
  const workload = workloads[name];
  if (workload === undefined) {
    throw new Error(`no such workload: ${name}`);
  }
  const [size, most, seconds] = [values.size, values.runs, values.seconds].map(Number);
  const start = process.hrtime.bigint();
  const spent = () => Number(process.hrtime.bigint() - start) / 1e9;
  const runs = [];
  let allOperations = 0;
  let warm = values["no-warm-up"];
  while (runs.length < most && (runs.length === 0 || spent() < seconds)) {
    const run = await measured(workload, size);
    allOperations += run.operations;
    if (warm || spent() >= seconds) {
      runs.push(run);
    }
    warm ||= spent() >= seconds / 5;
  }
  console.log(
    JSON.stringify({
      version: VERSION,
      peak_bytes: memory("VmHWM"),
      all_operations: allOperations,
      runs,
    }),
  );
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
