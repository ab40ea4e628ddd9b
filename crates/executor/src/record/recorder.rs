//! # The recorder: who has which track, and when a recording begins and ends

use super::decode::{self, Raw};
use super::observer::{self, Stuck};
use super::track::{self, Pen, SharedPen, Switch, Track};
use super::{LaneKind, Recording};
use crate::handle::Handle;
use crate::task::TaskInfo;
use filch_primitives::sync::Mutex;
use filch_primitives::thread;
use filch_primitives::time::Instant;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How many tasks that wait are looked up for their names at the start, and at the end: the registry is locked
/// meanwhile.
const WAITING: usize = 10_000;

/// So many threads from outside have lanes by their own names; the others are called together what their kind is.
const NAMES: usize = 32;

/// What an executor's threads share of its recorder.
pub(crate) struct Shared {
    pub(super) switch: Arc<Switch>,
    pub(super) state: Mutex<State>,
    /// For threads that have no track.
    pub(super) outside: Mutex<SharedPen>,
}

pub(super) struct State {
    pub(super) seats: Vec<Seat>,
    /// How many recordings were started.
    started: u64,
    /// The one that is going on.
    now: Option<Started>,
}

struct Started {
    at: Instant,
    /// Tasks that waited then.
    waiting: Vec<TaskInfo>,
}

/// A track, and who has it.
pub(super) struct Seat {
    pub(super) track: Arc<Track>,
    kind: LaneKind,
    name: String,
    is_taken: bool,
    /// The first chunk of this recording, if the thread has written any.
    first: usize,
    pub(super) stuck: Stuck,
}

impl Seat {
    fn new(kind: LaneKind, events: usize) -> Self {
        let track = Arc::new(Track::new(events));
        Self {
            track,
            kind,
            name: kind.to_string(),
            is_taken: false,
            first: 0,
            stuck: Stuck::default(),
        }
    }

    /// Whether a thread may have the track that is to have one of that kind and name.
    fn is_for(&self, kind: LaneKind, name: &str) -> bool {
        // Of a thread that has written nothing, the name is not needed any more.
        let is_of_that_name = || self.name == name || self.track.ring.begun() == self.first;
        !self.is_taken
            && match (self.kind, kind) {
                (LaneKind::Blocking(_), LaneKind::Blocking(_)) => true,
                (LaneKind::Outside, LaneKind::Outside) => is_of_that_name(),
                (ours, theirs) => ours == theirs,
            }
    }
}

impl Shared {
    /// With tracks for `kinds`, with room for `events` events each; `None` if that is 0.
    pub(crate) fn new(
        events: usize,
        kinds: impl IntoIterator<Item = LaneKind>,
    ) -> Option<Arc<Self>> {
        if events == 0 {
            return None;
        }
        let switch = Arc::new(Switch::new(events));
        let mut outside = Seat::new(LaneKind::Outside, events);
        outside.is_taken = true;
        // SAFETY: the track is taken from the start.
        let pen = unsafe { Pen::new(switch.clone(), outside.track.clone()) };
        let mut seats: Vec<_> = kinds.into_iter().map(|kind| Seat::new(kind, events)).collect();
        seats.push(outside);
        let state = Mutex::new(State { seats, started: 0, now: None });
        Some(Arc::new(Self { switch, state, outside: Mutex::new(SharedPen::new(pen)) }))
    }

    /// A track for this thread alone; the number of a thread for blocking calls is found here.
    pub(super) fn take_track(&self, kind: LaneKind) -> Arc<Track> {
        let thread = thread::current();
        let mut name = match kind {
            LaneKind::Outside => thread.name().unwrap_or("outside").to_owned(),
            _ => kind.to_string(),
        };
        let mut state = self.state.lock();
        let seats = &mut state.seats;
        // One seat is that of threads without a track.
        let is_crowded = || seats.iter().filter(|seat| seat.kind == kind).count() > NAMES;
        let has_none = || !seats.iter().any(|seat| seat.is_for(kind, &name));
        if kind == LaneKind::Outside && is_crowded() && has_none() {
            name = kind.to_string();
        }
        if let Some(seat) = seats.iter_mut().find(|seat| seat.is_for(kind, &name)) {
            seat.is_taken = true;
            if kind == LaneKind::Outside {
                seat.name = name;
            }
            return seat.track.clone();
        }
        let is_blocking = |seat: &&Seat| matches!(seat.kind, LaneKind::Blocking(_));
        let (kind, name) = match kind {
            LaneKind::Blocking(_) => {
                let kind = LaneKind::Blocking(seats.iter().filter(is_blocking).count());
                (kind, kind.to_string())
            }
            _ => (kind, name),
        };
        let seat = Seat { name, is_taken: true, ..Seat::new(kind, self.switch.events) };
        let track = seat.track.clone();
        seats.push(seat);
        track
    }

    pub(super) fn give_back(&self, track: &Arc<Track>) {
        let mut state = self.state.lock();
        for seat in state.seats.iter_mut().filter(|seat| Arc::ptr_eq(&seat.track, track)) {
            seat.is_taken = false;
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("switch", &self.switch).finish_non_exhaustive()
    }
}

/// Starts and stops recordings of what an executor's threads do; see [the module](super).
///
/// From [`Handle::recorder`], where the builder was told to [`record`](crate::Builder::record). Clones start and stop
/// the same recording.
///
/// ```
/// let executor = filch_executor::Builder::new_multi_thread().worker_threads(2).record(10_000).build()?;
/// let recorder = executor.handle().recorder().unwrap();
/// recorder.start();
/// executor.block_on(executor.spawn(filch_executor::yield_now()))?;
/// let recording = recorder.stop();
/// assert_eq!(recording.tasks().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
    handle: Handle,
}

impl Recorder {
    pub(crate) fn new(shared: Arc<Shared>, handle: Handle) -> Self {
        Self { shared, handle }
    }

    /// Starts a recording; without effect while one is going on.
    ///
    /// May be called anywhere, inside a task too. This thread records from here on, another one from its next look at
    /// the clock: after at most 61 short polls, or one long one, or when it wakes up or takes a task from outside.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().record(1000).build()?;
    /// let recorder = executor.handle().recorder().unwrap();
    /// executor.block_on(async { recorder.start() });
    /// assert!(recorder.is_on());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn start(&self) {
        let started;
        {
            let mut state = self.shared.state.lock();
            if state.now.is_some() {
                return;
            }
            let waiting = self.handle.waiting_tasks(WAITING);
            for seat in &mut state.seats {
                seat.first = seat.track.ring.begun();
                seat.stuck = Stuck::default();
                seat.track.named.lock().clear();
            }
            state.started += 1;
            state.now = Some(Started { at: Instant::now(), waiting });
            self.shared.switch.set(state.started);
            started = state.started;
        }
        observer::start(&self.shared, started);
        track::look();
    }

    /// Stops the recording and returns it; an empty one if none was going on.
    ///
    /// May be called anywhere, inside a task too. It waits for no thread: what is being polled at this moment has no end in
    /// the recording. The recording is put together here, which takes about 100 ns for each event.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().record(1000).build()?;
    /// let recorder = executor.handle().recorder().unwrap();
    /// recorder.start();
    /// executor.block_on(executor.spawn(async {}))?;
    /// assert_eq!(recorder.stop().tasks().len(), 1);
    /// assert_eq!(recorder.stop().tasks().len(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stop(&self) -> Recording {
        let mut state = self.shared.state.lock();
        let end = Instant::now();
        self.shared.switch.set(0);
        let Some(started) = state.now.take() else {
            drop(state);
            let (lanes, tasks) = (Vec::new(), Vec::new());
            return Recording { start: end, duration: Duration::ZERO, lanes, tasks };
        };
        let mut tasks = started.waiting;
        let mut raw = Vec::new();
        for seat in &mut state.seats {
            tasks.extend(std::mem::take(&mut *seat.track.named.lock()));
            raw.push(Raw {
                kind: seat.kind,
                name: seat.name.clone(),
                snapshot: seat.track.ring.snapshot(seat.first),
                stuck: std::mem::take(&mut seat.stuck),
            });
        }
        drop(state);
        track::look();
        tasks.extend(self.handle.waiting_tasks(WAITING));
        let from = self.shared.switch.time(started.at);
        let (lanes, tasks) = decode::decode(raw, from..self.shared.switch.time(end), tasks);
        Recording { start: started.at, duration: end.duration_since(started.at), lanes, tasks }
    }

    /// Whether a recording is going on.
    ///
    /// ```
    /// # let executor = filch_executor::Builder::new_current_thread().record(1000).build()?;
    /// let recorder = executor.handle().recorder().unwrap();
    /// assert!(!recorder.is_on());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_on(&self) -> bool {
        self.shared.switch.recording() != 0
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("is_on", &self.is_on()).finish_non_exhaustive()
    }
}
