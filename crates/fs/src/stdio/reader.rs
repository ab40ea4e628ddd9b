//! The one thread of the process that waits for standard input.
//!
//! It is there while somebody wants to read, and lingers for a moment. On Unix it waits until there is
//! something to read, and then looks whether anybody still wants it: otherwise it is left where it is.

use filch_io::ReadBuf;
use filch_primitives::sync::{Condvar, Mutex};
use filch_primitives::{catch_quietly, thread};
use std::io::{self, Read};
use std::ops::Range;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The standard input of the process, as every `Stdin` shares it.
pub(super) static INPUT: Input = Input::new();

/// How many bytes are read in one go.
const CHUNK: usize = 64 << 10;

/// For how long the thread stays when nobody wants to read.
const LINGER: Duration = Duration::from_secs(5);

/// Which of the handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u64);

#[derive(Debug)]
pub(super) struct Input {
    state: Mutex<State>,
    /// Somebody wants to read.
    wanted: Condvar,
}

#[derive(Debug)]
struct State {
    next_place: u64,
    readers: Vec<(Place, Waker)>,
    buf: Vec<u8>,
    /// What was read, and nobody has asked for yet.
    unread: Range<usize>,
    /// Of a read that brought no bytes: the end of the input, or an error.
    outcome: Option<io::Result<()>>,
    has_thread: bool,
}

impl State {
    fn take_reader(&mut self, place: Place) -> Option<Waker> {
        let index = self.readers.iter().position(|(other, _)| *other == place)?;
        Some(self.readers.swap_remove(index).1)
    }
}

impl Input {
    const fn new() -> Self {
        let state = State {
            next_place: 0,
            readers: Vec::new(),
            buf: Vec::new(),
            unread: 0..0,
            outcome: None,
            has_thread: false,
        };
        Self { state: Mutex::new(state), wanted: Condvar::new() }
    }

    pub(super) fn place(&self) -> Place {
        let mut state = self.state.lock();
        state.next_place += 1;
        Place(state.next_place)
    }

    pub(super) fn poll_read(
        &'static self,
        place: Place,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.state.lock();
        if !state.unread.is_empty() {
            let State { buf: bytes, unread, .. } = &mut *state;
            let taken = unread.len().min(buf.remaining());
            buf.put_slice(&bytes[unread.start..unread.start + taken]);
            unread.start += taken;
            return Poll::Ready(Ok(()));
        }
        if let Some(outcome) = state.outcome.take() {
            return Poll::Ready(outcome);
        }
        if !state.has_thread {
            let builder = thread::Builder::new().name("filch-stdin".to_owned());
            builder.spawn(|| self.serve())?;
            state.has_thread = true;
        }
        // Dropped without the lock: a waker may be the last of its task, and that may have an input too.
        let before = state.take_reader(place);
        state.readers.push((place, cx.waker().clone()));
        drop(state);
        drop(before);
        self.wanted.notify_one();
        Poll::Pending
    }

    /// The handle is gone, and wants nothing any more.
    pub(super) fn leave(&self, place: Place) {
        let waker = self.state.lock().take_reader(place);
        drop(waker);
    }

    /// The life of the thread.
    fn serve(&self) {
        let mut buf = Vec::new();
        while self.await_reader() {
            // Not wanted any more, it stays there for whoever reads next.
            if !await_input() || !self.is_wanted() {
                continue;
            }
            buf.resize(CHUNK, 0);
            match io::stdin().lock().read(&mut buf) {
                Err(error) if is_no_input(&error) => {}
                outcome => self.end(outcome, &mut buf),
            }
        }
    }

    fn is_wanted(&self) -> bool {
        !self.state.lock().readers.is_empty()
    }

    /// `false` if nobody wanted to read for a while, and the thread is to end.
    fn await_reader(&self) -> bool {
        let mut state = self.state.lock();
        while state.readers.is_empty() {
            let (back, is_over) = self.wanted.wait_timeout(state, LINGER);
            state = back;
            if is_over && state.readers.is_empty() {
                state.has_thread = false;
                return false;
            }
        }
        true
    }

    fn end(&self, outcome: io::Result<usize>, buf: &mut Vec<u8>) {
        let mut state = self.state.lock();
        match outcome {
            Ok(0) => state.outcome = Some(Ok(())),
            Ok(count) => {
                // Nothing is overwritten: nobody becomes a reader while something is unread.
                std::mem::swap(&mut state.buf, buf);
                state.unread = 0..count;
            }
            Err(error) => state.outcome = Some(Err(error)),
        }
        let readers = std::mem::take(&mut state.readers);
        drop(state);
        for (_, waker) in readers {
            // A panic would end the thread, and nobody would start another.
            catch_quietly(|| waker.wake());
        }
    }
}

/// A signal came first, or another process took what was there.
fn is_no_input(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock)
}

/// Waits until there is something to read, or the end or an error to be found by reading. `false` if a
/// signal came first: a read would wait then, and take what nobody wants by the time it comes.
#[cfg(unix)]
fn await_input() -> bool {
    use rustix::event::{PollFd, PollFlags, poll};

    let stdin = io::stdin();
    let mut input = [PollFd::new(&stdin, PollFlags::IN)];
    match poll(&mut input, None) {
        Ok(_) => !input[0].revents().is_empty(),
        // Where one cannot wait without reading, reading finds out why.
        Err(error) => error != rustix::io::Errno::INTR,
    }
}

/// There is no way to wait here without reading.
#[cfg(not(unix))]
fn await_input() -> bool {
    true
}
