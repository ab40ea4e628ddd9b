// Decodes the drawings that the program put into the page, and puts figures into words.

const MARK_KINDS = ["steal", "wake", "park"];

function taskName(task) {
  return Array.isArray(task) ? `task ${task[0]} (${task[1]})` : `task ${task}`;
}

// One entry for each block, or for several that were merged: `count` says how many.
function decodeBlocks(code, tasks) {
  const runs = [];
  let now = 0;
  for (let i = 0; i < code.length;) {
    const start = now + code[i];
    if (code[i + 1] < 0) {
      const [, negative, length, busy, longest, task] = code.slice(i, i + 6);
      runs.push({ start, end: start + length, busy, count: -negative, longest, task, name: taskName(tasks[task]) });
      i += 6;
    } else {
      const [, length, task] = code.slice(i, i + 3);
      runs.push({ start, end: start + length, busy: length, count: 1, longest: length, task, name: taskName(tasks[task]) });
      i += 3;
    }
    now = runs[runs.length - 1].end;
  }
  return runs;
}

function decodeMarks(code) {
  const marks = [];
  let at = 0;
  for (let i = 0; i < code.length; i += 5) {
    at += code[i];
    marks.push({ at, kind: MARK_KINDS[code[i + 1]], count: code[i + 2], tasks: code[i + 3], other: code[i + 4] });
  }
  return marks;
}

function decodeDrawing(drawing) {
  const lanes = drawing.lanes.map((lane) => ({
    name: lane.name,
    kind: lane.kind,
    runs: decodeBlocks(lane.blocks, drawing.tasks),
    marks: decodeMarks(lane.marks),
  }));
  return { ...drawing, lanes };
}

// The first place in `list` at which `reached` holds; it holds from there on.
function firstWhere(list, reached) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reached(list[middle])) high = middle; else low = middle + 1;
  }
  return low;
}

const UNITS = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];

// A length of time, with three digits that matter.
function duration(ns) {
  const [unit, size] = UNITS.find(([, size]) => ns >= size * 0.9995) ?? UNITS[3];
  const value = ns / size;
  return `${value.toFixed(unit === "ns" || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2)} ${unit}`;
}

// A point in time, exact enough to tell it from those `step` away.
function moment(ns, step) {
  const [unit, size] = UNITS.find(([, size]) => Math.max(Math.abs(ns), step) >= size) ?? UNITS[3];
  const digits = Math.min(9, Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9)));
  return `${(ns / size).toFixed(digits)} ${unit}`;
}

function counted(number, noun) {
  return `${number.toLocaleString("en-GB").replaceAll(",", " ")} ${noun}${number === 1 ? "" : "s"}`;
}

function percent(part) {
  return part > 0 && part < 0.01 ? "less than 1 %" : `${Math.round(part * 100)} %`;
}

// What the page calls a block of a lane.
function blockNoun(lane) {
  return lane.kind === "plain" ? "stretch of work" : lane.kind === "blocking" ? "call" : "poll";
}

function blocksOf(lane, number) {
  return lane.kind === "plain" && number !== 1 ? counted(number, "stretches of work").slice(0, -1) : counted(number, blockNoun(lane));
}

function describeRun(timeline, lane, run) {
  const step = Math.max(1, (run.end - run.start) / 100);
  const lines = run.count === 1
    ? [run.name, `start: ${moment(run.start, step)}`, `duration: ${duration(run.busy)}`]
    : [
      `${blocksOf(lane, run.count)}, drawn as one`,
      `from ${moment(run.start, step)} to ${moment(run.end, step)}`,
      `at work: ${percent(run.busy / (run.end - run.start))} of that time`,
      `the longest: ${duration(run.longest)}, ${run.name}`,
    ];
  lines.push(`lane: ${lane.name}`);
  if (run.longest >= timeline.long_ns) lines.push(`long: kept its thread for ${duration(run.longest)}`);
  return lines.join("\n");
}

function describeMark(timeline, lane, mark) {
  const from = timeline.lanes[mark.other]?.name;
  const what = {
    steal: `stole ${counted(mark.tasks, "task")}${from ? ` from ${from}` : ""}`,
    wake: `made ${counted(mark.tasks, "task")} runnable`,
    park: "fell asleep: nothing to do",
  }[mark.kind];
  const times = mark.count > 1 ? `\n${counted(mark.count, "time")} from here on, drawn as one` : "";
  return `${lane.name} ${what}\nat ${moment(mark.at, 1000)}${times}`;
}
