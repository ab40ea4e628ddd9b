// Draws one timeline: a lane for each thread, a block for each poll, an axis.

// Told apart by those who see colours otherwise, dark text is readable on each.
const TASK_COLOURS = ["#56b4e9", "#e69f00", "#3cb995", "#f0e442", "#cc79a7", "#e8743b", "#a9b7ff", "#b9b4a6"];
const FONT = '12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const AXIS_HEIGHT = 26;
const MARK_HEIGHT = 9;
// Below this width in pixels, blocks share columns of pixels.
const NARROW = 1.5;
// What was there at all can be seen.
const FAINTEST = 0.45;

function layout(timeline, width) {
  const isNarrow = width < 560;
  const isPlain = timeline.lanes[0]?.kind === "plain";
  const height = isPlain ? 14 : timeline.lanes.length <= 8 ? 28 : timeline.lanes.length <= 24 ? 20 : 14;
  const nameHeight = isNarrow ? 17 : 0;
  const pitch = nameHeight + MARK_HEIGHT + height + 6;
  const left = isNarrow ? 2 : 92;
  return {
    isNarrow, height, left, pitch, width,
    plot: Math.max(1, width - left - 10),
    laneTop: (lane) => lane * pitch + nameHeight + MARK_HEIGHT,
    bottom: timeline.lanes.length * pitch,
    total: timeline.lanes.length * pitch + AXIS_HEIGHT,
  };
}

function timeAt(place, view, x) {
  return view.from + ((x - place.left) / place.plot) * (view.to - view.from);
}

function pixelAt(place, view, time) {
  return place.left + ((time - view.from) / (view.to - view.from)) * place.plot;
}

// The runs and marks of a lane that the view shows at least in part.
function visible(lane, view) {
  const runs = lane.runs.slice(
    firstWhere(lane.runs, (run) => run.end >= view.from),
    firstWhere(lane.runs, (run) => run.start > view.to),
  );
  const marks = lane.marks.slice(
    firstWhere(lane.marks, (mark) => mark.at >= view.from),
    firstWhere(lane.marks, (mark) => mark.at > view.to),
  );
  return { runs, marks };
}

// Colours of the theme that is on, whatever way it was chosen.
function themeColours() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const names = ["card", "text", "quiet", "line", "lane", "alarm", "focus"];
  const colours = Object.fromEntries(names.map((name) => [name, colour(name)]));
  probe.remove();
  return colours;
}

// 1, 2 or 5 times a power of ten, so that labels have room.
function axisStep(span, plot) {
  const least = (span / plot) * 96;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
}

function drawAxis(context, place, view, colours) {
  const step = axisStep(view.to - view.from, place.plot);
  context.fillStyle = colours.quiet;
  context.strokeStyle = colours.line;
  context.textBaseline = "top";
  context.lineWidth = 1;
  const labels = [];
  for (let i = Math.ceil(view.from / step); i * step <= view.to; i++) {
    const x = Math.round(pixelAt(place, view, i * step)) + 0.5;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, place.bottom + 4);
    context.stroke();
    const text = i === 0 ? "0" : moment(i * step, step);
    const width = context.measureText(text).width;
    const left = Math.max(place.left, Math.min(x - width / 2, place.width - width));
    if (!labels.length || left > labels[labels.length - 1] + 8) {
      context.fillText(text, left, place.bottom + 8);
      labels.push(left + width);
    }
  }
}

function hatch(context, x, y, width, height, colour) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.globalAlpha = 0.55;
  for (let line = x - height; line < x + width; line += 7) {
    context.beginPath();
    context.moveTo(line, y + height);
    context.lineTo(line + height, y);
    context.stroke();
  }
  context.restore();
}

function drawLabel(context, texts, x, y, width, height) {
  const text = texts.find((text) => context.measureText(text).width + 8 <= width);
  if (!text) return;
  context.textBaseline = "middle";
  context.fillStyle = "#14161a";
  context.fillText(text, x + 4, y + height / 2 + 0.5);
}

// A block that is wide enough to be one.
function drawBlock(context, timeline, run, x, y, width, height) {
  const isLong = run.longest >= timeline.long_ns;
  context.fillStyle = TASK_COLOURS[run.task % TASK_COLOURS.length];
  const share = run.count === 1 ? 1 : Math.max(FAINTEST, run.busy / (run.end - run.start));
  context.globalAlpha = share;
  context.fillRect(x, y, width, height);
  context.globalAlpha = 1;
  if (isLong) {
    hatch(context, x, y, width, height, "#14161a");
    context.fillStyle = "#a3241c";
    context.fillRect(x, y, Math.max(2, width), 3);
  }
  if (width >= 5) {
    context.fillStyle = "#0008";
    context.fillRect(x + width - 1, y, 1, height);
  }
  const name = run.name.replace(/^task /, "");
  if (run.count > 1) {
    if (share > 0.6) drawLabel(context, [`${run.count} polls`, `${run.count}`], x, y, width, height);
  } else {
    drawLabel(context, [isLong ? `${run.name}: ${duration(run.busy)}` : run.name, run.name, name, name.split(" ")[0]], x, y, width, height);
  }
}

// Blocks narrower than a pixel: each column of pixels has the colour of the task that used most of it, and the shade
// of the share of the time that was used. One by itself takes two pixels, to be seen at all.
function drawColumns(context, columns, place, y) {
  for (const [x, column] of columns) {
    context.globalAlpha = Math.max(FAINTEST, Math.min(1, column.used));
    context.fillStyle = TASK_COLOURS[column.task % TASK_COLOURS.length];
    context.fillRect(x, y, columns.has(x + 1) || columns.has(x - 1) ? 1 : 2, place.height);
  }
  context.globalAlpha = 1;
}

function addToColumns(columns, run, x0, x1) {
  const density = run.end > run.start ? run.busy / (run.end - run.start) : 1;
  const width = Math.max(x1 - x0, 1e-3);
  for (let x = Math.floor(x0); x <= Math.floor(x0 + width); x++) {
    const used = (Math.min(x + 1, x0 + width) - Math.max(x, x0)) * density;
    if (used <= 0) continue;
    const column = columns.get(x) ?? { used: 0, most: 0, task: run.task };
    column.used += used;
    if (used > column.most) [column.most, column.task] = [used, run.task];
    columns.set(x, column);
  }
}

function drawMarks(context, marks, place, view, y, colours) {
  const last = { steal: -99, wake: -99, park: -99 };
  for (const mark of marks) {
    const x = pixelAt(place, view, mark.at);
    if (x - last[mark.kind] < (mark.kind === "steal" ? 7 : 6)) continue;
    last[mark.kind] = x;
    context.strokeStyle = context.fillStyle = colours.text;
    context.lineWidth = 1;
    context.beginPath();
    if (mark.kind === "steal") {
      context.moveTo(x - 4.5, y - MARK_HEIGHT + 1);
      context.lineTo(x + 4.5, y - MARK_HEIGHT + 1);
      context.lineTo(x, y - 1);
      context.closePath();
      context.fill();
      context.fillRect(x - 0.5, y - 1, 1, place.height + 1);
    } else if (mark.kind === "wake") {
      context.fillRect(x - 0.5, y + place.height - 2, 1, 6);
    } else {
      context.arc(x, y + place.height + 3, 2, 0, 7);
      context.stroke();
    }
  }
}

// Draws, and returns what is to be seen: how many blocks, and how many of them each for itself.
function drawTimeline(canvas, timeline, view, colours, picked) {
  const place = layout(timeline, canvas.clientWidth);
  const ratio = window.devicePixelRatio || 1;
  canvas.style.height = `${place.total}px`;
  canvas.width = Math.round(place.width * ratio);
  canvas.height = Math.round(place.total * ratio);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.font = FONT;
  context.fillStyle = colours.card;
  context.fillRect(0, 0, place.width, place.total);
  drawAxis(context, place, view, colours);

  const seen = { blocks: 0, alone: 0, steals: 0, lanes: timeline.lanes.length };
  timeline.lanes.forEach((lane, number) => {
    const y = place.laneTop(number);
    if (place.isNarrow) {
      context.fillStyle = colours.card;
      context.fillRect(0, y - MARK_HEIGHT - 16, context.measureText(lane.name).width + 6, 16);
    }
    context.fillStyle = colours.quiet;
    context.textBaseline = place.isNarrow ? "alphabetic" : "middle";
    context.fillText(lane.name, place.isNarrow ? 2 : 0, place.isNarrow ? y - MARK_HEIGHT - 3 : y + place.height / 2, place.isNarrow ? place.plot : place.left - 8);
    context.fillStyle = colours.lane;
    // Blank up to the end of this run; beyond it, only others go on.
    const end = Math.min(place.left + place.plot, pixelAt(place, view, timeline.span_ns));
    if (end > place.left) context.fillRect(place.left, y, end - place.left, place.height);

    context.save();
    context.beginPath();
    context.rect(place.left, y - MARK_HEIGHT, place.plot, place.pitch);
    context.clip();
    const { runs, marks } = visible(lane, view);
    const columns = new Map();
    for (const run of runs) {
      // What is cut off begins at the edge, and so does its label.
      const x0 = Math.max(place.left, pixelAt(place, view, run.start));
      const x1 = Math.min(place.left + place.plot, pixelAt(place, view, run.end));
      seen.blocks += run.count;
      if (x1 - x0 >= NARROW) {
        drawBlock(context, timeline, run, x0, y, x1 - x0, place.height);
        seen.alone += run.count === 1 ? 1 : 0;
      } else {
        addToColumns(columns, run, x0, x1);
      }
    }
    drawColumns(context, columns, place, y);
    drawMarks(context, marks, place, view, y, colours);
    seen.steals += marks.filter((mark) => mark.kind === "steal").reduce((sum, mark) => sum + mark.count, 0);
    context.strokeStyle = colours.text;
    context.lineWidth = 2;
    for (const run of runs) {
      if (!picked || run.task !== picked.task || run.count > 1) continue;
      const x = pixelAt(place, view, run.start);
      const width = Math.max(2, pixelAt(place, view, run.end) - x);
      context.lineWidth = run === picked ? 3 : 1.5;
      context.strokeRect(x, y + 1, width, place.height - 2);
    }
    if (picked && picked.count > 1 && runs.includes(picked)) {
      const x = pixelAt(place, view, picked.start);
      context.strokeRect(x, y + 1, Math.max(2, pixelAt(place, view, picked.end) - x), place.height - 2);
    }
    context.restore();
  });
  return seen;
}
