//! Writes that are taken at once and carried out behind the writer's back.
//!
//! The first write starts a hop. What is written while it is under way is put together, and the same hop
//! takes it along, until nothing is left: however small the writes are, a thread is asked for once, and
//! everything that was taken reaches the sink without anybody having to poll again.

use crate::hop::{self, Waiting};
use filch_primitives::Budget;
use filch_primitives::sync::Mutex;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll};

/// Where the bytes go.
pub(crate) trait Sink: Send + 'static {
    /// Writes all of them; may block.
    fn write_all(&self, bytes: &[u8]) -> io::Result<()>;
}

/// The bytes on their way to one sink.
#[derive(Debug, Default)]
pub(crate) struct Deferred {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Taken, and not yet seen by the hop.
    pending: Vec<u8>,
    is_running: bool,
    /// Of a write that somebody believes done.
    error: Option<io::Error>,
    waiting: Waiting,
}

impl Deferred {
    /// Takes bytes from the front of `bufs` and says how many: at most so many that `limit` bytes wait
    /// for the hop.
    pub(crate) fn poll_write<S: Sink>(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        limit: usize,
        sink: impl FnOnce() -> S,
    ) -> Poll<io::Result<usize>> {
        Budget::poll(cx, |cx| self.poll_take(cx, bufs, limit, sink))
    }

    fn poll_take<S: Sink>(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        limit: usize,
        sink: impl FnOnce() -> S,
    ) -> Poll<io::Result<usize>> {
        let mut state = self.state.lock();
        if let Some(error) = state.error.take() {
            return Poll::Ready(Err(error));
        }
        let room = limit.saturating_sub(state.pending.len());
        if room == 0 {
            return state.waiting.pend(cx);
        }
        let mut left = room;
        for buf in bufs {
            let taken = &buf[..buf.len().min(left)];
            state.pending.extend_from_slice(taken);
            left -= taken.len();
        }
        let taken = room - left;
        let starts = taken > 0 && !state.is_running;
        state.is_running |= starts;
        drop(state);
        if starts {
            let drain = Drain { sink: Some(sink()), state: Arc::clone(&self.state) };
            drain.start()?;
        }
        Poll::Ready(Ok(taken))
    }

    /// Ready when everything that was taken has been written, or with the error that prevented it.
    pub(crate) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state.lock();
        if state.is_running {
            return state.waiting.pend(cx);
        }
        Poll::Ready(state.error.take().map_or(Ok(()), Err))
    }
}

/// Writes what was taken. It does so when it is dropped: so it is also done where the runtime ends first,
/// and no byte that was taken is lost.
struct Drain<S: Sink> {
    /// `None` only at the very end.
    sink: Option<S>,
    state: Arc<Mutex<State>>,
}

impl<S: Sink> Drain<S> {
    /// Has a thread for blocking calls do it.
    ///
    /// # Errors
    /// If too many calls wait for a thread already; then nothing was taken. This thread must not write
    /// instead: that may block, and there will be room again.
    fn start(self) -> io::Result<()> {
        let desk = Arc::new(Mutex::new(Desk::Open));
        let job = Job { drain: Some(self), desk: Arc::clone(&desk) };
        let started = hop::start(move || job.run());
        let came_back = std::mem::replace(&mut *desk.lock(), Desk::Closed);
        let Desk::Back(drain) = came_back else { return Ok(()) };
        match started {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                drain.give_up();
                Err(error)
            }
            // The runtime has ended, or there is no thread and may never be one. What is written here is
            // late, but not lost.
            _ => {
                drop(drain);
                Ok(())
            }
        }
    }

    /// Leaves what the only write so far has taken to its caller.
    fn give_up(mut self) {
        self.sink = None;
        let mut state = self.state.lock();
        state.pending.clear();
        state.is_running = false;
        let waiting = state.waiting.take();
        drop(state);
        waiting.wake();
    }

    /// Puts what is to be written next into `bytes`; `false` if there is nothing, and the hop is over.
    fn next(&mut self, bytes: &mut Vec<u8>) -> bool {
        bytes.clear();
        let mut state = self.state.lock();
        std::mem::swap(&mut state.pending, bytes);
        if !bytes.is_empty() {
            return true;
        }
        // The sink goes first: whoever hears that the hop is over may want to be its only owner.
        self.sink = None;
        state.is_running = false;
        let waiting = state.waiting.take();
        drop(state);
        waiting.wake();
        false
    }

    fn written(&self, outcome: io::Result<()>) {
        let mut state = self.state.lock();
        if let Err(error) = outcome {
            // What was taken meanwhile would come after a hole.
            state.pending.clear();
            state.error = Some(error);
        }
        // There is room.
        let waiting = state.waiting.take();
        drop(state);
        waiting.wake();
    }
}

impl<S: Sink> Drop for Drain<S> {
    fn drop(&mut self) {
        if self.sink.is_none() {
            return;
        }
        let mut bytes = Vec::new();
        while self.next(&mut bytes) {
            if let Some(sink) = &self.sink {
                self.written(sink.write_all(&bytes));
            }
        }
    }
}

/// The job of a hop. Dropped before it was run, it gives the drain back to who has asked for the hop, if
/// that one is still there: only that one knows why.
struct Job<S: Sink> {
    /// `None` once it has begun.
    drain: Option<Drain<S>>,
    desk: Arc<Mutex<Desk<S>>>,
}

/// Where a drain comes back to.
enum Desk<S: Sink> {
    /// Who has asked for the hop will look here.
    Open,
    Back(Drain<S>),
    Closed,
}

impl<S: Sink> Job<S> {
    fn run(mut self) {
        drop(self.drain.take());
    }
}

impl<S: Sink> Drop for Job<S> {
    fn drop(&mut self) {
        let Some(drain) = self.drain.take() else { return };
        let mut desk = self.desk.lock();
        match *desk {
            Desk::Open => *desk = Desk::Back(drain),
            // The runtime ends, and it was still in the queue.
            _ => {
                drop(desk);
                drop(drain);
            }
        }
    }
}
