// What a row's timelines show: the same part of the time, moved and zoomed together.

// So much zoom that a nanosecond would be a pixel is of no use.
const LEAST_SPAN = 200;
// How many polls make up the beginning, for a closer look.
const CLOSER_BLOCKS = 40;

// The whole run of the longest one.
function newView(timelines) {
  const end = Math.max(1, ...timelines.map((timeline) => timeline.span_ns));
  return { end, from: 0, to: end };
}

function setView(view, from, to) {
  const span = Math.min(view.end, Math.max(LEAST_SPAN, to - from));
  const start = Math.max(0, Math.min(from, view.end - span));
  const changed = start !== view.from || start + span !== view.to;
  [view.from, view.to] = [start, start + span];
  return changed;
}

// `factor` below 1 goes nearer; `at` stays where it is.
function zoom(view, factor, at = (view.from + view.to) / 2) {
  return setView(view, at - (at - view.from) * factor, at + (view.to - at) * factor);
}

// By parts of what is shown.
function pan(view, parts) {
  const by = (view.to - view.from) * parts;
  return setView(view, view.from + by, view.to + by);
}

function showRun(view, run) {
  const span = view.to - view.from;
  if (run.start >= view.from && run.end <= view.to) return;
  const middle = (run.start + run.end) / 2;
  setView(view, middle - span / 2, middle + span / 2);
}

// The first polls, of the timeline with one lane if there is such a one: how they take turns.
function beginning(timelines) {
  const polled = timelines.filter((timeline) => timeline.lanes.some((lane) => lane.kind !== "plain" && lane.runs.length));
  const timeline = polled.find((timeline) => timeline.lanes.some((lane) => lane.kind === "event-loop")) ?? polled[0] ?? timelines[0];
  const runs = timeline.lanes.flatMap((lane) => lane.runs).sort((a, b) => a.start - b.start);
  if (runs.length <= CLOSER_BLOCKS) return null;
  const from = runs[0].start;
  const to = runs[CLOSER_BLOCKS].end;
  return [from - (to - from) / 50, to];
}

function describeView(view) {
  const step = (view.to - view.from) / 100;
  return `${moment(view.from, step)} to ${moment(view.to, step)} of ${duration(view.end)}`;
}
