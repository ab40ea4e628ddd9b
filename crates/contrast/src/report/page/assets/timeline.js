// One row's timelines: draws them, and hears the wheel, pointers, keys and buttons.

const byId = (id) => document.getElementById(id);

let announcement = 0;

// For screen readers, once things have come to rest.
function announce(text, delay = 300) {
  clearTimeout(announcement);
  announcement = setTimeout(() => { byId("said").textContent = text; }, delay);
}

function showTip(text, x, y) {
  const tip = byId("tip");
  tip.textContent = text;
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - width - 8))}px`;
  tip.style.top = `${y + 18 + height < innerHeight ? y + 18 : Math.max(8, y - height - 10)}px`;
}

function hideTip() {
  byId("tip").hidden = true;
}

function sayWhatIsDrawn(figure, timeline, seen, isWhole) {
  const [drawn, all] = [seen.alone, seen.blocks];
  const lane = timeline.lanes[0];
  const where = isWhole ? "" : "In this part: ";
  let text = all === 0 ? `${where}nothing ran` : drawn === all
    ? `${where}${all === 1 ? "the only" : "each of"} ${blocksOf(lane, all)} is drawn by itself`
    : `${where}${drawn.toLocaleString("en-GB").replaceAll(",", " ")} of ${blocksOf(lane, all)} drawn by themselves; where they are narrower than a pixel, the shade shows what share of the time was used`;
  if (timeline.merge_ns > 0) text += `. Beyond the beginning, those that together last less than ${duration(timeline.merge_ns)} are merged: zooming does not take them apart`;
  figure.querySelector(".drawn").textContent = `${text}.`;
}

// Follows one pointer to pan and two to pinch.
function followPointers(row, canvas, figure) {
  const pointers = new Map();
  const at = (event) => event.clientX - canvas.getBoundingClientRect().left;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    pointers.set(event.pointerId, at(event));
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("dragged");
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return row.point(figure, event);
    const place = layout(figure.timeline, canvas.clientWidth);
    const before = [...pointers.values()];
    pointers.set(event.pointerId, at(event));
    const now = [...pointers.values()];
    const { view } = row;
    const perPixel = (view.to - view.from) / place.plot;
    if (now.length === 1) {
      setView(view, view.from - (now[0] - before[0]) * perPixel, view.to - (now[0] - before[0]) * perPixel);
    } else {
      const distance = (list) => Math.max(8, Math.abs(list[0] - list[1]));
      zoom(view, distance(before) / distance(now), timeAt(place, view, (now[0] + now[1]) / 2));
    }
    hideTip();
    row.redraw();
  });
  const release = (event) => {
    pointers.delete(event.pointerId);
    canvas.classList.toggle("dragged", pointers.size > 0);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => {
    hideTip();
    row.pick(figure, null);
  });
  canvas.addEventListener("wheel", (event) => {
    const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    // Without a key, the wheel scrolls the page, unless this timeline was clicked.
    if (!(event.ctrlKey || event.metaKey || isSideways || document.activeElement === canvas)) return;
    const place = layout(figure.timeline, canvas.clientWidth);
    const delta = (event.deltaX || event.deltaY) * (event.deltaMode === 1 ? 30 : 1);
    const changed = isSideways
      ? pan(row.view, delta / place.plot)
      : zoom(row.view, 1.0015 ** (event.deltaY * (event.deltaMode === 1 ? 30 : 1)), timeAt(place, row.view, at(event)));
    // At the end of the way the page scrolls on.
    if (changed) event.preventDefault();
    row.redraw();
  }, { passive: false });
}

const KEYS = {
  ArrowLeft: (row, event) => pan(row.view, event.shiftKey ? -0.5 : -0.1),
  ArrowRight: (row, event) => pan(row.view, event.shiftKey ? 0.5 : 0.1),
  "+": (row) => zoom(row.view, 0.7),
  "=": (row) => zoom(row.view, 0.7),
  "-": (row) => zoom(row.view, 1 / 0.7),
  0: (row) => setView(row.view, 0, row.view.end),
  Home: (row) => setView(row.view, 0, row.view.to - row.view.from),
  End: (row) => setView(row.view, row.view.end, row.view.end + row.view.to - row.view.from),
};

class Row {
  constructor(section, drawings) {
    this.figures = [...section.querySelectorAll(".timeline")];
    this.figures.forEach((figure, i) => {
      figure.timeline = decodeDrawing(drawings[i]);
      figure.canvas = figure.querySelector("canvas");
      figure.lane = 0;
      figure.picked = null;
    });
    this.timelines = this.figures.map((figure) => figure.timeline);
    // What is folded away may have taken longer; it is looked at from its beginning to its end once it is opened.
    const others = section.querySelector(".others");
    const shown = () => {
      const figures = this.figures.filter((figure) => others?.open || !others?.contains(figure));
      return newView((figures.length ? figures : this.figures).map((figure) => figure.timeline));
    };
    this.view = shown();
    others?.addEventListener("toggle", () => {
      const isWhole = this.view.to - this.view.from >= this.view.end;
      this.view.end = shown().end;
      setView(this.view, this.view.from, isWhole ? this.view.end : this.view.to);
      this.redraw();
    });
    for (const figure of this.figures) {
      followPointers(this, figure.canvas, figure);
      figure.canvas.addEventListener("keydown", (event) => this.key(figure, event));
      figure.canvas.addEventListener("blur", () => { hideTip(); this.pick(figure, null); });
    }
    const closer = beginning(this.timelines);
    for (const button of section.querySelectorAll(".tools button")) {
      const action = {
        whole: () => setView(this.view, 0, this.view.end),
        beginning: () => setView(this.view, ...closer),
        nearer: () => zoom(this.view, 0.5),
        farther: () => zoom(this.view, 2),
        left: () => pan(this.view, -0.25),
        right: () => pan(this.view, 0.25),
      }[button.dataset.action];
      if (button.dataset.action === "beginning" && !closer) button.remove();
      button.addEventListener("click", () => {
        action();
        this.redraw();
        announce(describeView(this.view));
      });
    }
    new ResizeObserver(() => this.redraw()).observe(section);
    this.draw();
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  draw() {
    const colours = themeColours();
    for (const figure of this.figures) {
      // Those that are folded away wait until they are opened.
      if (figure.canvas.clientWidth === 0) continue;
      const seen = drawTimeline(figure.canvas, figure.timeline, this.view, colours, figure.picked);
      const isWhole = this.view.from === 0 && this.view.to >= figure.timeline.span_ns;
      sayWhatIsDrawn(figure, figure.timeline, seen, isWhole);
      Object.assign(figure.canvas.dataset, seen, { from: this.view.from, to: this.view.to });
    }
  }

  // What lies under a point, or near it: a mark above the lane, a block in it.
  find(figure, x, y) {
    const { timeline, canvas } = figure;
    const place = layout(timeline, canvas.clientWidth);
    const number = Math.floor(y / place.pitch);
    const lane = timeline.lanes[number];
    if (!lane || x < place.left) return null;
    const near = (5 * (this.view.to - this.view.from)) / place.plot;
    const time = timeAt(place, this.view, x);
    const distance = (mark) => Math.abs(mark.at - time);
    const inLane = y - place.laneTop(number);
    if (inLane < 0 || inLane > place.height) {
      const kinds = inLane < 0 ? ["steal"] : ["wake", "park"];
      const marks = lane.marks.filter((mark) => kinds.includes(mark.kind) && distance(mark) <= near);
      const mark = marks.sort((a, b) => distance(a) - distance(b))[0];
      return mark ? { lane, mark } : null;
    }
    const first = firstWhere(lane.runs, (run) => run.end >= time - near / 2);
    const candidates = lane.runs.slice(first, first + 3).filter((run) => run.start <= time + near / 2);
    const run = candidates.find((run) => run.start <= time && run.end >= time) ?? candidates[0];
    return run ? { lane, run } : null;
  }

  point(figure, event) {
    const box = figure.canvas.getBoundingClientRect();
    const found = this.find(figure, event.clientX - box.left, event.clientY - box.top);
    this.pick(figure, found?.run ?? null);
    if (!found) return hideTip();
    const text = found.run ? describeRun(figure.timeline, found.lane, found.run) : describeMark(figure.timeline, found.lane, found.mark);
    showTip(text, event.clientX, event.clientY);
  }

  // The picked block's task is outlined wherever it is.
  pick(figure, run) {
    if (figure.picked === run) return;
    figure.picked = run;
    this.redraw();
  }

  key(figure, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const { lanes } = figure.timeline;
    if (KEYS[key]) {
      KEYS[key](this, event);
      announce(describeView(this.view));
    } else if (key === "n" || key === "p") {
      this.step(figure, key === "n" ? 1 : -1);
    } else if (key === "ArrowDown" || key === "ArrowUp") {
      figure.lane = Math.max(0, Math.min(lanes.length - 1, figure.lane + (key === "ArrowDown" ? 1 : -1)));
      this.pick(figure, null);
      this.step(figure, 0);
    } else if (key === "Enter" && figure.picked) {
      const { start, end } = figure.picked;
      setView(this.view, start - (end - start), end + (end - start));
      this.tell(figure);
    } else if (key === "Escape") {
      hideTip();
      this.pick(figure, null);
    } else {
      return;
    }
    event.preventDefault();
    this.redraw();
  }

  // Picks the next block of the lane, the one before, or the first one that is shown.
  step(figure, by) {
    const { runs, name } = figure.timeline.lanes[figure.lane];
    const now = figure.picked ? runs.indexOf(figure.picked) : -1;
    const shown = firstWhere(runs, (run) => run.end >= this.view.from);
    const run = runs[now < 0 ? Math.min(shown, runs.length - 1) : Math.max(0, Math.min(runs.length - 1, now + by))];
    if (!run) return announce(`${name}: nothing ran`, 0);
    showRun(this.view, run);
    this.pick(figure, run);
    this.tell(figure);
  }

  // Says what is picked, beside it and to screen readers.
  tell(figure) {
    const place = layout(figure.timeline, figure.canvas.clientWidth);
    const box = figure.canvas.getBoundingClientRect();
    const text = describeRun(figure.timeline, figure.timeline.lanes[figure.lane], figure.picked);
    const middle = pixelAt(place, this.view, (figure.picked.start + figure.picked.end) / 2);
    showTip(text, box.left + middle, box.top + place.laneTop(figure.lane) + place.height);
    announce(text.replaceAll("\n", ", "), 50);
  }
}
