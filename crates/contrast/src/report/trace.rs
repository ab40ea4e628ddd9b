//! A recording for [Perfetto](https://ui.perfetto.dev) and `chrome://tracing`: the JSON of Chrome's trace events.
//!
//! A process per recording, a thread per lane; a slice per poll and per blocking call, an instant per spawn, wake,
//! theft and long poll, an arrow from each wake in a task to the poll that it leads to. Where a lane is blank, its
//! thread had nothing to do.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use filch::record::{Event, EventKind, Lane, PollOutcome, Recording};
use filch::task::Id;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What the format calls an event; times are in microseconds.
#[derive(Serialize)]
struct TraceEvent {
    name: String,
    cat: &'static str,
    /// The kind: `X` is a slice, `i` an instant, `s` and `f` the ends of an arrow, `M` a name.
    ph: &'static str,
    ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    pid: usize,
    tid: usize,
    /// How far an instant reaches: its thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    /// Which arrow it is an end of, and that it ends in the slice around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'static str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    args: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    trace_events: Vec<TraceEvent>,
    display_time_unit: &'static str,
}

/// Writes the recordings, each under its name, on one axis of time that begins with the first of them.
///
/// # Errors
/// When it cannot be written, with the operating system's reason.
#[cfg_attr(not(test), expect(dead_code, reason = "for the flag `--trace`"))]
pub fn write(recordings: &[(&str, &Recording)], mut into: impl Write) -> io::Result<()> {
    let mut trace = Trace { trace_events: Vec::new(), display_time_unit: "ms" };
    let start = recordings.iter().map(|(_, recording)| recording.start()).min();
    let mut arrows = 0;
    for (index, (name, recording)) in recordings.iter().enumerate() {
        let process = Process { recording, pid: index + 1, origin: start };
        process.tell(name, &mut trace.trace_events, &mut arrows);
    }
    serde_json::to_writer(&mut into, &trace)?;
    into.write_all(b"\n")?;
    into.flush()
}

/// One recording on the way out.
struct Process<'r> {
    recording: &'r Recording,
    pid: usize,
    origin: Option<Instant>,
}

impl Process<'_> {
    fn tell(&self, name: &str, into: &mut Vec<TraceEvent>, arrows: &mut usize) {
        into.push(self.named("process_name", 0, name));
        for (tid, lane) in (1..).zip(self.recording.lanes()) {
            into.push(self.named("thread_name", tid, &lane.name));
            let index = self.event("thread_sort_index", "__metadata", "M", tid, Duration::ZERO);
            into.push(TraceEvent { args: args([("sort_index", json!(tid))]), ..index });
        }
        let first = into.len();
        for (tid, lane) in (1..).zip(self.recording.lanes()) {
            self.tell_lane(tid, lane, into);
        }
        let wakes = self.wakes();
        let ends: Vec<_> = wakes.iter().flat_map(|wake| self.arrow(wake, arrows)).collect();
        into.extend(ends);
        // Each thread in the order of time, as the readers of the format like it best.
        into[first..].sort_by(|a, b| a.tid.cmp(&b.tid).then(a.ts.total_cmp(&b.ts)));
    }

    fn tell_lane(&self, tid: usize, lane: &Lane, into: &mut Vec<TraceEvent>) {
        // Where the slices are that have not ended yet.
        let mut open = Vec::new();
        for event in &lane.events {
            match event.kind {
                EventKind::PollStart { task } => {
                    open.push((into.len(), event.at));
                    into.push(self.slice("poll", task, tid, event));
                }
                EventKind::BlockingStart { task } => {
                    open.push((into.len(), event.at));
                    into.push(self.slice("blocking", task, tid, event));
                }
                EventKind::PollEnd { outcome, .. } => {
                    close(into, open.pop(), event.at, words(outcome));
                }
                EventKind::BlockingEnd { .. } => close(into, open.pop(), event.at, "over"),
                EventKind::Spawn { task, by } => {
                    into.push(self.instant("spawn", tid, event, self.who(task, by)));
                }
                EventKind::Wake { task, by } => {
                    into.push(self.instant("wake", tid, event, self.who(task, by)));
                }
                EventKind::Steal { from, tasks } => {
                    let told = args([("from_worker", json!(from)), ("tasks", json!(tasks))]);
                    into.push(self.instant("steal", tid, event, told));
                }
                EventKind::LongPoll { task, so_far } => {
                    let mut told = self.who(task, None);
                    told.insert("so_far_us".to_owned(), json!(micros(so_far)));
                    into.push(self.instant("long poll", tid, event, told));
                }
                // Blank.
                _ => {}
            }
        }
        while let Some(last) = open.pop() {
            close(into, Some(last), self.recording.duration(), "still running");
        }
    }

    /// Each wake in a poll, with the start of the poll that it led to.
    fn wakes(&self) -> Vec<[(usize, Duration); 2]> {
        let mut starts: BTreeMap<Id, Vec<(Duration, usize)>> = BTreeMap::new();
        let mut wakes = Vec::new();
        for (tid, lane) in (1..).zip(self.recording.lanes()) {
            for event in &lane.events {
                match event.kind {
                    EventKind::PollStart { task } => {
                        starts.entry(task).or_default().push((event.at, tid));
                    }
                    EventKind::Wake { task, by: Some(_) } => wakes.push((task, tid, event.at)),
                    _ => {}
                }
            }
        }
        starts.values_mut().for_each(|starts| starts.sort_unstable());
        let led_to = |(task, tid, at): (Id, usize, Duration)| {
            let starts = starts.get(&task)?;
            let next = starts.partition_point(|(start, _)| *start < at);
            starts.get(next).map(|&(start, to)| [(tid, at), (to, start)])
        };
        wakes.into_iter().filter_map(led_to).collect()
    }

    fn arrow(&self, wake: &[(usize, Duration); 2], arrows: &mut usize) -> [TraceEvent; 2] {
        *arrows += 1;
        let [(from, woken), (to, polled)] = *wake;
        let end = |ph, tid, at| TraceEvent {
            id: Some(*arrows),
            ..self.event("wake", "wake", ph, tid, at)
        };
        [end("s", from, woken), TraceEvent { bp: Some("e"), ..end("f", to, polled) }]
    }

    fn slice(&self, cat: &'static str, task: Id, tid: usize, event: &Event) -> TraceEvent {
        let mut told = self.who(task, None);
        told.insert("exact".to_owned(), json!(event.exact));
        TraceEvent { args: told, ..self.event(&self.name(task), cat, "X", tid, event.at) }
    }

    fn instant(
        &self,
        cat: &'static str,
        tid: usize,
        event: &Event,
        args: Map<String, Value>,
    ) -> TraceEvent {
        TraceEvent { s: Some("t"), args, ..self.event(cat, cat, "i", tid, event.at) }
    }

    fn named(&self, what: &str, tid: usize, name: &str) -> TraceEvent {
        let args = args([("name", json!(name))]);
        TraceEvent { args, ..self.event(what, "__metadata", "M", tid, Duration::ZERO) }
    }

    fn event(
        &self,
        name: &str,
        cat: &'static str,
        ph: &'static str,
        tid: usize,
        at: Duration,
    ) -> TraceEvent {
        let start = self.origin.map_or(Duration::ZERO, |origin| self.recording.start() - origin);
        TraceEvent {
            name: name.to_owned(),
            cat,
            ph,
            ts: micros(start + at),
            dur: None,
            pid: self.pid,
            tid,
            s: None,
            id: None,
            bp: None,
            args: Map::new(),
        }
    }

    /// The task's name, or where it was spawned.
    fn name(&self, task: Id) -> String {
        match self.recording.task(task) {
            None => format!("task {task}"),
            Some(info) => match info.name() {
                Some(name) => name.to_owned(),
                None => place(info.spawned_at()),
            },
        }
    }

    fn who(&self, task: Id, by: Option<Id>) -> Map<String, Value> {
        let mut told = args([("task", json!(task.to_string()))]);
        if let Some(info) = self.recording.task(task) {
            told.insert("spawned_at".to_owned(), json!(place(info.spawned_at())));
        }
        if let Some(by) = by {
            told.insert("by".to_owned(), json!(by.to_string()));
        }
        told
    }
}

/// Ends a slice.
fn close(into: &mut [TraceEvent], slice: Option<(usize, Duration)>, at: Duration, outcome: &str) {
    let Some((index, since)) = slice else { return };
    into[index].dur = Some(micros(at.saturating_sub(since)));
    into[index].args.insert("outcome".to_owned(), json!(outcome));
}

fn words(outcome: PollOutcome) -> &'static str {
    match outcome {
        PollOutcome::Pending => "pending",
        PollOutcome::Ready => "ready",
        PollOutcome::Panicked => "panicked",
        PollOutcome::Cancelled => "cancelled",
        _ => "ended",
    }
}

fn place(location: &std::panic::Location<'_>) -> String {
    format!("{}:{}", location.file(), location.line())
}

fn args<const N: usize>(args: [(&str, Value); N]) -> Map<String, Value> {
    args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn micros(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use filch::runtime::Builder;
    use filch::task;

    fn recorded() -> Recording {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .record(10_000)
            .build()
            .expect("a runtime can be built");
        let recorder = runtime.recorder().expect("it records");
        recorder.start();
        let main = task::Builder::new().name("main \"quoted\"").spawn_on(
            async {
                let children: Vec<_> = (0..20).map(|_| filch::spawn(task::yield_now())).collect();
                for child in children {
                    child.await.expect("a child ends well");
                }
                task::spawn_blocking(|| ()).await.expect("the call ends well");
            },
            runtime.handle(),
        );
        let main = main.expect("it has a name");
        runtime.block_on(main).expect("it ends well");
        recorder.stop()
    }

    fn written(recordings: &[(&str, &Recording)]) -> Vec<Value> {
        let mut text = Vec::new();
        write(recordings, &mut text).expect("memory can be written");
        let mut trace: Value = serde_json::from_slice(&text).expect("it is JSON");
        assert_eq!(trace["displayTimeUnit"], "ms");
        let events = trace["traceEvents"].take();
        serde_json::from_value(events).expect("the events are a list")
    }

    fn of<'e>(events: &'e [Value], ph: &str) -> Vec<&'e Value> {
        events.iter().filter(|event| event["ph"] == ph).collect()
    }

    fn number(event: &Value, field: &str) -> f64 {
        event[field].as_f64().unwrap_or_else(|| panic!("{event} has no number {field}"))
    }

    #[test]
    fn every_event_has_what_the_format_asks_of_its_kind() {
        let events = written(&[("the test", &recorded())]);
        for event in &events {
            assert!(event["name"].is_string() && event["cat"].is_string(), "{event}");
            assert!(number(event, "ts") >= 0.0 && event["pid"] == 1, "{event}");
            assert!(event["tid"].is_u64(), "{event}");
            match event["ph"].as_str().expect("the kind is a word") {
                "X" => assert!(number(event, "dur") >= 0.0 && event["args"]["outcome"].is_string()),
                "i" => assert_eq!(event["s"], "t"),
                "s" => assert!(event["id"].is_u64()),
                "f" => assert!(event["id"].is_u64() && event["bp"] == "e"),
                "M" => assert!(event["args"].is_object()),
                other => panic!("unknown kind {other}: {event}"),
            }
        }
        let names = |what: &str| {
            let named = events.iter().filter(|event| event["name"] == what);
            named.map(|event| event["args"]["name"].as_str().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(names("process_name"), ["the test"]);
        assert!(names("thread_name").starts_with(&["worker 0", "worker 1"]));
        let slices = of(&events, "X");
        assert!(slices.iter().any(|slice| slice["name"] == "main \"quoted\""));
        assert!(slices.iter().any(|slice| slice["cat"] == "blocking"));
        let spawns = of(&events, "i").into_iter().filter(|instant| instant["cat"] == "spawn");
        assert_eq!(spawns.count(), 22, "main, its children, the call");
    }

    #[test]
    fn threads_are_in_the_order_of_time_and_slices_nest() {
        let recording = recorded();
        let events = written(&[("a", &recording), ("b", &recording)]);
        let mut threads: BTreeMap<(u64, u64), Vec<&Value>> = BTreeMap::new();
        for event in events.iter().filter(|event| event["ph"] != "M") {
            let thread = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
            threads.entry(thread).or_default().push(event);
        }
        assert!(
            threads.keys().any(|&(pid, _)| pid == 1) && threads.keys().any(|&(pid, _)| pid == 2)
        );
        for events in threads.values() {
            assert!(events.is_sorted_by_key(|event| number(event, "ts")));
            let mut open: Vec<f64> = Vec::new();
            for slice in events.iter().filter(|event| event["ph"] == "X") {
                let start = number(slice, "ts");
                // A nanosecond is what the sum of two numbers may be off by.
                open.retain(|&end| end > start + 1e-3);
                let end = start + number(slice, "dur");
                assert!(open.iter().all(|&outer| end <= outer + 1e-3), "{slice}");
                open.push(end);
            }
        }
    }

    #[test]
    fn times_are_in_microseconds() {
        let recording = recorded();
        let events = written(&[("the test", &recording)]);
        let lane = &recording.lanes()[0];
        let slices: Vec<f64> = of(&events, "X")
            .into_iter()
            .filter(|slice| slice["tid"] == 1)
            .map(|slice| number(slice, "ts"))
            .collect();
        let starts = lane.events.iter().filter(|event| {
            matches!(event.kind, EventKind::PollStart { .. } | EventKind::BlockingStart { .. })
        });
        let micros: Vec<f64> = starts.map(|event| event.at.as_secs_f64() * 1e6).collect();
        assert_eq!(slices.len(), micros.len());
        assert!(slices.iter().zip(micros).all(|(ts, micros)| (ts - micros).abs() < 1e-2));
    }

    #[test]
    fn every_arrow_has_two_ends_and_goes_forward() {
        let events = written(&[("the test", &recorded())]);
        let (starts, ends) = (of(&events, "s"), of(&events, "f"));
        assert!(!starts.is_empty() && starts.len() == ends.len());
        for start in starts {
            let end = ends.iter().find(|end| end["id"] == start["id"]).expect("it has an end");
            assert!(number(start, "ts") <= number(end, "ts"));
        }
    }
}
