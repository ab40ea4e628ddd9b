//! # What a thread writes: its track, and the one line per event that the rest of the executor has
//!
//! A thread that may record has a *track*: a ring of its own. While the recorder is on, the thread has space in it; the
//! space is all that an event looks at, so that where there is none an event costs one branch. That the recorder was
//! started or stopped, a thread learns at its next look: when it reads the clock between polls (`worker/pace.rs`),
//! wakes up, begins a blocking call, or fills a chunk.

use super::recorder::Shared;
use super::ring::{Ring, Space};
use super::word::{Word, events_of};
use super::{LaneKind, PollOutcome};
use crate::task::{self, Id, Runnable, TaskInfo};
use filch_primitives::atomic::{AtomicU64, Ordering};
use filch_primitives::sync::Mutex;
use filch_primitives::time::Instant;
use std::cell::Cell;
use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::panic::Location;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;

/// Words in a chunk, two of which are its head. The clock is read once for each, so that it costs little beside them.
pub(super) const CHUNK: usize = 256;

filch_primitives::thread_local! {
    /// What this thread may write.
    static SPACE: Space = const { Space::none() };
    /// Points into the [`TrackScope`] of this thread.
    static PEN: Cell<*const Pen> = const { Cell::new(ptr::null()) };
    /// Where the task was spawned of which this chunk tells last.
    static SITE: Cell<*const Location<'static>> = const { Cell::new(ptr::null()) };
}

/// A ring, and what belongs to it.
#[derive(Debug)]
pub(crate) struct Track {
    pub(super) ring: Ring,
    /// Tasks with names that were spawned here: their names end with them.
    pub(super) named: Mutex<VecDeque<TaskInfo>>,
    /// Where the last thread that had it was when it gave it back.
    left: Mutex<Left>,
}

/// A recording, its first chunk in a track, and how many of its events were overwritten there.
#[derive(Debug, Clone, Copy, Default)]
struct Left {
    recording: u64,
    first: usize,
    lost: u64,
}

impl Track {
    pub(super) fn new(events: usize) -> Self {
        // One more, for the chunk that was begun just now.
        let chunks = events.div_ceil(CHUNK - 2) + 1;
        let (named, left) = (Mutex::new(VecDeque::new()), Mutex::new(Left::default()));
        Self { ring: Ring::new(chunks, CHUNK), named, left }
    }
}

/// Whether the recorder is on, and its time.
#[derive(Debug)]
pub(super) struct Switch {
    /// What times are counted from.
    base: Instant,
    /// The number of the recording that is going on; 0 for none.
    recording: AtomicU64,
    /// How many events a track has room for.
    pub(super) events: usize,
}

impl Switch {
    pub(super) fn new(events: usize) -> Self {
        Self { base: Instant::now(), recording: AtomicU64::new(0), events }
    }

    pub(super) fn recording(&self) -> u64 {
        // Ordering: Acquire; whoever finds it on finds what `start` has prepared.
        self.recording.load(Ordering::Acquire)
    }

    pub(super) fn set(&self, recording: u64) {
        // Ordering: Release; pairs with the Acquire above.
        self.recording.store(recording, Ordering::Release);
    }

    /// In nanoseconds.
    pub(super) fn time(&self, instant: Instant) -> u64 {
        instant.saturating_duration_since(self.base).as_nanos() as u64
    }
}

/// The right to write to a track.
pub(super) struct Pen {
    switch: Arc<Switch>,
    track: Arc<Track>,
    /// The recording that is written to; 0 for none.
    recording: Cell<u64>,
    /// The first chunk of it, and how many of its events were overwritten.
    first: Cell<usize>,
    lost: Cell<u64>,
}

impl Pen {
    /// # Safety
    /// It is the only one for `track` until it is dropped, and synchronised with the one before.
    pub(super) unsafe fn new(switch: Arc<Switch>, track: Arc<Track>) -> Self {
        let (recording, first, lost) = (Cell::new(0), Cell::new(0), Cell::new(0));
        Self { switch, track, recording, first, lost }
    }

    fn is_of(&self, recorder: &Shared) -> bool {
        Arc::ptr_eq(&self.switch, &recorder.switch)
    }

    /// Whether the recorder is on is looked up here. `true` if it has been turned on.
    fn look(&self, space: &Space) -> bool {
        let recording = self.switch.recording();
        self.recording.replace(recording) != recording && self.turns(recording, space)
    }

    /// The recorder was turned on or off. Not part of a look, which comes often.
    #[cold]
    fn turns(&self, recording: u64, space: &Space) -> bool {
        space.clear();
        if recording == 0 {
            return false;
        }
        let first = self.track.ring.begun();
        let Left { first, lost, .. } = match *self.track.left.lock() {
            left if left.recording == recording => left,
            _ => Left { recording, first, lost: 0 },
        };
        self.first.set(first);
        self.lost.set(lost);
        self.begin_chunk(space);
        true
    }

    /// For whoever has the track next.
    fn leave(&self) {
        let (recording, first, lost) = (self.recording.get(), self.first.get(), self.lost.get());
        *self.track.left.lock() = Left { recording, first, lost };
    }

    fn begin_chunk(&self, space: &Space) {
        let ring = &self.track.ring;
        let overwritten = ring.begun().checked_sub(ring.chunks());
        let is_ours = overwritten.is_some_and(|number| number >= self.first.get());
        let mut lost = 0;
        // SAFETY: the pen is the track's only one, so this is the writer; what was left is given up.
        unsafe { ring.begin_chunk(space, |word| lost += events_of(word)) };
        if is_ours {
            self.lost.set(self.lost.get() + lost);
        }
        self.write(space, Word::Chunk(self.switch.time(Instant::now())));
        self.write(space, Word::Lost(self.lost.get()));
        SITE.with(|site| site.set(ptr::null()));
    }

    fn write(&self, space: &Space, word: Word) {
        // SAFETY: `space` is what this pen's last chunk has left, or none, and the pen keeps the ring.
        let is_full = space.is_some() && unsafe { space.push(word.encode()) };
        if is_full {
            self.chunk_is_full(space);
        }
    }

    #[cold]
    fn chunk_is_full(&self, space: &Space) {
        if !self.look(space) && space.is_some() {
            self.begin_chunk(space);
        }
    }

    fn note_name(&self, task: &Runnable) {
        let mut named = self.track.named.lock();
        if named.len() == self.switch.events {
            named.pop_front();
        }
        named.push_back(task.info());
    }

    fn write_spawn(&self, space: &Space, task: &Runnable) {
        self.write(space, Word::Spawn(task.id()));
        self.write(space, Word::Site(task.origin().spawned_at()));
        if task.is_named() {
            self.note_name(task);
        }
    }

    fn write_wake(&self, space: &Space, task: &Runnable) {
        self.write(space, Word::Wake(task.id()));
    }
}

/// The pen for those threads that have none: whoever has the lock around it writes.
pub(super) struct SharedPen {
    pen: Pen,
    space: Space,
}

impl SharedPen {
    pub(super) fn new(pen: Pen) -> Self {
        Self { pen, space: Space::none() }
    }

    /// Writes what `words` does, with the time.
    fn write_at(&self, now: Instant, words: impl FnOnce(&Pen, &Space)) {
        self.pen.look(&self.space);
        self.pen.write(&self.space, Word::Clock(self.pen.switch.time(now)));
        words(&self.pen, &self.space);
    }
}

/// This thread has a track until the scope is dropped.
pub(crate) struct TrackScope {
    entered: Option<Entered>,
}

struct Entered {
    recorder: Arc<Shared>,
    /// Not a box: [`PEN`] points to it, and this moves.
    pen: Rc<Pen>,
    /// What this thread had before.
    before: *const Pen,
    space_before: Space,
}

impl TrackScope {
    /// Takes a track of that kind, if there is a recorder. A thread that has one does not become one from outside.
    pub(crate) fn enter(recorder: Option<&Arc<Shared>>, kind: LaneKind) -> Self {
        let recorder =
            recorder.filter(|recorder| kind != LaneKind::Outside || !has_pen_of(recorder));
        let entered = recorder.map(|recorder| {
            let track = recorder.take_track(kind);
            // SAFETY: the recorder gives a track to one at a time, under a lock.
            let pen = Rc::new(unsafe { Pen::new(recorder.switch.clone(), track) });
            let space_before = Space::none();
            SPACE.with(|space| {
                space.swap(&space_before);
                pen.look(space);
            });
            let before = PEN.with(|slot| slot.replace(Rc::as_ptr(&pen)));
            Entered { recorder: recorder.clone(), pen, before, space_before }
        });
        Self { entered }
    }
}

impl Drop for TrackScope {
    fn drop(&mut self) {
        let Some(entered) = &self.entered else { return };
        gap_now();
        SPACE.with(|space| space.swap(&entered.space_before));
        // The chunk to go on with has not been told what was told here.
        SITE.with(|site| site.set(ptr::null()));
        PEN.with(|slot| slot.set(entered.before));
        entered.pen.leave();
        entered.recorder.give_back(&entered.pen.track);
        look();
    }
}

#[inline]
fn with_pen<R>(f: impl FnOnce(&Pen, &Space) -> R) -> Option<R> {
    let pen = PEN.with(Cell::get);
    // SAFETY: `TrackScope` puts back what was there before its pen goes, and does not leave the thread.
    unsafe { pen.as_ref() }.map(|pen| SPACE.with(|space| f(pen, space)))
}

/// Writes a word where there is space.
#[inline(always)]
fn write(space: &Space, word: NonZeroU64) {
    // SAFETY: the thread's space is of its pen's last chunk, and the pen keeps the ring.
    if unsafe { space.push(word) } {
        chunk_is_full();
    }
}

#[cold]
fn chunk_is_full() {
    with_pen(Pen::chunk_is_full);
}

/// Writes the word if this thread records.
#[inline(always)]
fn event(word: impl FnOnce() -> Word) {
    SPACE.with(|space| {
        if space.is_some() {
            write(space, word().encode());
        }
    });
}

/// The same with its own time.
#[inline]
fn event_now(word: Word) {
    SPACE.with(|space| {
        if space.is_some() {
            with_pen(|pen, space| {
                pen.write(space, Word::Clock(pen.switch.time(Instant::now())));
                pen.write(space, word);
            });
        }
    });
}

/// Looks whether the recorder is on.
#[cold]
pub(crate) fn look() {
    with_pen(look_with);
}

fn look_with(pen: &Pen, space: &Space) {
    if pen.look(space) {
        if let Some(task) = task::try_id() {
            pen.write(space, Word::Poll(task));
        }
    }
}

/// The clock was read between polls.
#[cold]
pub(crate) fn clock_was_read(now: Instant) {
    with_pen(|pen, space| {
        look_with(pen, space);
        if space.is_some() {
            pen.write(space, Word::Clock(pen.switch.time(now)));
        }
    });
}

/// A task is about to be polled, or dropped because it was cancelled; inside of another one's poll if `is_inner`.
#[inline(always)]
pub(crate) fn poll_starts(task: Id, is_inner: bool) {
    event(|| if is_inner { Word::InnerPoll(task) } else { Word::Poll(task) });
}

/// A poll is over and the task has not ended. Only polls inside of others say so: otherwise what comes next does.
#[inline(always)]
pub(crate) fn poll_ends(task: Id, is_inner: bool) {
    if is_inner {
        event(|| Word::End(task, PollOutcome::Pending));
    }
}

/// A poll is over, and so is the task.
#[inline(always)]
pub(crate) fn task_ends(task: Id, outcome: PollOutcome) {
    SPACE.with(|space| {
        if space.is_some() {
            let (poll, only) = (Word::Poll(task).encode(), Word::OnlyPoll(task).encode());
            // SAFETY: as in `write`; a chunk begins with two words.
            if outcome != PollOutcome::Ready || !unsafe { space.replace_last(poll, only) } {
                write(space, Word::End(task, outcome).encode());
            }
        }
    });
}

/// No task is run from here on, unless this is inside one.
#[inline]
pub(crate) fn gap() {
    SPACE.with(|space| {
        if space.is_some() && task::try_id().is_none() {
            write(space, Word::Gap.encode());
        }
    });
}

/// The same with the time, and after a look whether the recorder is on.
pub(crate) fn gap_now() {
    look();
    event_now(Word::Gap);
}

/// Whether this thread has space, and for what is done to tasks of `recorder`'s executor.
#[inline(always)]
fn has_space_for(recorder: Option<&Arc<Shared>>) -> bool {
    SPACE.with(Space::is_some) && recorder.is_none_or(has_pen_of)
}

#[inline]
fn has_pen_of(recorder: &Arc<Shared>) -> bool {
    with_pen(|pen, _| pen.is_of(recorder)) == Some(true)
}

/// This thread has spawned a task; `recorder` if it may be a thread without a track, or with another executor's.
#[inline(always)]
pub(crate) fn spawned(task: &Runnable, recorder: Option<&Arc<Shared>>) {
    if has_space_for(recorder) {
        event(|| Word::Spawn(task.id()));
        let site = task.origin().spawned_at();
        // Before it is written: that may begin a chunk, which is to tell it again.
        if !ptr::eq(SITE.with(|told| told.replace(site)), site) {
            event(|| Word::Site(site));
        }
        if task.is_named() {
            note_name(task);
        }
    } else if let Some(recorder) = recorder {
        told_without_space(recorder, task, Pen::write_spawn);
    }
}

#[cold]
fn note_name(task: &Runnable) {
    with_pen(|pen, _| pen.note_name(task));
}

/// This thread has woken a task; `recorder` as for [`spawned`].
#[inline(always)]
pub(crate) fn woken(task: &Runnable, recorder: Option<&Arc<Shared>>) {
    if has_space_for(recorder) {
        event(|| Word::Wake(task.id()));
    } else if let Some(recorder) = recorder {
        told_without_space(recorder, task, Pen::write_wake);
    }
}

/// The thread has no track, or another executor's, or has not looked since the recorder was started.
#[cold]
fn told_without_space(recorder: &Arc<Shared>, task: &Runnable, words: fn(&Pen, &Space, &Runnable)) {
    if recorder.switch.recording() == 0 {
        return;
    }
    look();
    if has_space_for(Some(recorder)) {
        with_pen(|pen, space| words(pen, space, task));
    } else {
        let outside = recorder.outside.lock();
        outside.write_at(Instant::now(), |pen, space| words(pen, space, task));
    }
}

/// The worker has taken `tasks` tasks from the worker `from`.
#[inline]
pub(crate) fn stolen(from: usize, tasks: usize) {
    event(|| Word::Steal(from, tasks));
}

/// The thread is about to sleep.
pub(crate) fn parks() {
    look();
    event_now(Word::Park);
}

/// It is awake again.
pub(crate) fn unparks() {
    look();
    event_now(Word::Unpark);
}

/// This thread blocks, in a task, until the scope is dropped.
pub(crate) struct BlockingScope;

impl BlockingScope {
    pub(crate) fn enter() -> Self {
        if let Some(task) = task::try_id() {
            event_now(Word::BlockingStart(task));
        }
        Self
    }
}

impl Drop for BlockingScope {
    fn drop(&mut self) {
        if let Some(task) = task::try_id() {
            event_now(Word::BlockingEnd(task));
        }
    }
}
