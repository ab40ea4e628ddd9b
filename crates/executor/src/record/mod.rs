//! What each thread of an executor did, and when: polls, spawns, wakes, thefts, sleeps, blocking calls.
//!
//! [`Builder::record`](crate::Builder::record) prepares it, a [`Recorder`] starts and stops it, and a [`Recording`] tells,
//! for each thread, its [`Event`]s in the order of time. Without `record`, an event costs a thread one branch; while
//! nothing is recorded, the same.
//!
//! ```
//! use filch_executor::record::{EventKind, LaneKind};
//! use filch_executor::{Builder, yield_now};
//!
//! let executor = Builder::new_multi_thread().worker_threads(2).record(10_000).build()?;
//! let recorder = executor.handle().recorder().unwrap();
//! recorder.start();
//! let task = executor.spawn(async {
//!     filch_executor::spawn(yield_now()).await.unwrap();
//! });
//! executor.block_on(task)?;
//! let recording = recorder.stop();
//!
//! assert_eq!(recording.lanes()[0].kind, LaneKind::Worker(0));
//! let events = recording.lanes().iter().flat_map(|lane| &lane.events);
//! let spawns = events.filter(|event| matches!(event.kind, EventKind::Spawn { .. }));
//! assert_eq!(spawns.count(), 2);
//! for task in recording.tasks() {
//!     println!("{task}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is exact
//! To read the clock takes as long as a short poll. So a thread writes most events without it, and reads it anew only at
//! some of them. An event whose [`exact`](Event::exact) is set has its own reading. The other times are interpolated
//! between the readings around them: time is taken to pass while tasks are polled, evenly, and not in between.
//!
//! | event | time |
//! |---|---|
//! | `Park`, `Unpark`; the end of a poll before a thread looks for work elsewhere, or sleeps | exact |
//! | blocking calls | exact, to within the hand-over |
//! | what threads outside do | exact |
//! | polls of 10 us and more | exact once two have followed each other; see below for the first |
//! | polls between 500 ns and 10 us | between two readings that are 4 polls apart |
//! | shorter ones | between two readings that are at most 61 polls or 254 words apart, whichever comes first |
//! | spawns, wakes, thefts | as the poll that they are in |
//!
//! An interpolated time lies between those of the two readings, so it is off by less than they are apart: by
//! microseconds among short polls. Where a single long poll hides among short ones, the readings around it are
//! far apart; then its start and end are within about 2 ms, because an observer looks every millisecond how far each
//! thread has come. (On a machine with no processor to spare the observer itself may be late, by as much.) The order
//! of events in a lane is exact always.
//!
//! Times are those of the operating system's monotonic clock, also where a runtime's clock is paused.
//!
//! # What is not in it
//! * Futures that are no tasks: that of `block_on`, and what a task polls inside itself.
//! * A wake that finds its task queued already, or being polled: it makes nothing happen.
//! * The time between polls: choosing the next task, and turns of the driver.
//! * Before a thread has looked whether the recorder is on (see [`Recorder::start`]), what it does.
//! * What a thread outside does to the tasks of a [`LocalSet`](crate::LocalSet).
//! * What the executor's threads do to tasks of another one that has a recorder: that is in the recording of the other.
//!
//! # Memory
//! 8 bytes for each word, one or two of which are an event, for each thread that the executor has at a time and each that
//! is in `block_on` at a time; and what names take. Of threads that are in `block_on` one after the other, up to 32 have
//! a ring and a lane each, by their names; the others share those that are called `outside`. A full ring overwrites its
//! oldest events and counts them ([`Lane::lost`]). No thread waits for another one, or for whoever stops the recording.

mod decode;
mod observer;
mod recorder;
mod recording;
pub(crate) mod ring;
mod track;
mod word;

pub use recorder::Recorder;
pub(crate) use recorder::Shared;
pub use recording::{Event, EventKind, Lane, LaneKind, PollOutcome, Recording};
pub(crate) use track::{
    BlockingScope, TrackScope, clock_was_read, gap, gap_now, look, parks, poll_ends, poll_starts,
    spawned, stolen, task_ends, unparks, woken,
};
