//! [`Pipe`]: bytes in memory, one way, from a task that writes to a task that reads.

use crate::ReadBuf;
use filch_primitives::sync::Mutex;
use filch_primitives::{Budget, catch_quietly};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::task::{Context, Poll, Waker};

/// A bounded queue of bytes. Wakers are woken and dropped after the lock is released: either may
/// run code that comes back here.
#[derive(Debug)]
pub(crate) struct Pipe {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    bytes: VecDeque<u8>,
    closed: bool,
    /// Waits for bytes.
    reader: Option<Waker>,
    /// Waits for room.
    writer: Option<Waker>,
}

impl Pipe {
    /// Holds at most `capacity` bytes.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::new(State::default()) }
    }

    /// Nothing more will be written, or nothing more will be read: writing fails from now on,
    /// reading ends after what is in the pipe.
    pub(crate) fn close(&self) {
        let (reader, writer) = {
            let mut state = self.state.lock();
            state.closed = true;
            (state.reader.take(), state.writer.take())
        };
        wake(reader);
        wake(writer);
    }

    pub(crate) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        Budget::poll(cx, |cx| self.poll_read_some(cx, buf))
    }

    fn poll_read_some(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let _replaced;
        let writer = {
            let mut state = self.state.lock();
            let amount = state.bytes.len().min(buf.remaining());
            if amount == 0 && !state.closed {
                _replaced = state.reader.replace(cx.waker().clone());
                return Poll::Pending;
            }
            let (front, back) = state.bytes.as_slices();
            let from_front = amount.min(front.len());
            buf.put_slice(&front[..from_front]);
            buf.put_slice(&back[..amount - from_front]);
            state.bytes.drain(..amount);
            state.writer.take()
        };
        wake(writer);
        Poll::Ready(Ok(()))
    }

    pub(crate) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Budget::poll(cx, |cx| self.poll_write_some(cx, bufs))
    }

    fn poll_write_some(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let _replaced;
        let (written, reader) = {
            let mut state = self.state.lock();
            if state.closed {
                let message = "the pipe is closed";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, message)));
            }
            if bufs.iter().all(|buf| buf.is_empty()) {
                return Poll::Ready(Ok(0));
            }
            let mut room = self.capacity - state.bytes.len();
            if room == 0 {
                _replaced = state.writer.replace(cx.waker().clone());
                return Poll::Pending;
            }
            let before = state.bytes.len();
            for buf in bufs {
                let fits = &buf[..buf.len().min(room)];
                state.bytes.extend(fits);
                room -= fits.len();
            }
            (state.bytes.len() - before, state.reader.take())
        };
        wake(reader);
        Poll::Ready(Ok(written))
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        // A panic would keep the other side of a closing pipe from hearing of it, and take from a reader
        // what it has read.
        catch_quietly(|| waker.wake());
    }
}
