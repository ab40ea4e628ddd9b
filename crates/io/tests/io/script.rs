//! Readers and writers that do, poll by poll, what a test tells them.

use filch_io::{AsyncRead, AsyncWrite, ReadBuf};
use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

pub(crate) use futures_lite::future::block_on;

/// Polls once, with a waker that does nothing.
pub(crate) fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

enum ReadStep {
    Bytes(Vec<u8>),
    Pending,
    Error(ErrorKind),
}

/// Does one step per poll; ends when there is none left.
#[derive(Default)]
pub(crate) struct Reader {
    steps: VecDeque<ReadStep>,
    pub(crate) polls: usize,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Yields `bytes`, in several polls if the buffer is smaller.
    pub(crate) fn bytes(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.steps.push_back(ReadStep::Bytes(bytes.as_ref().to_vec()));
        self
    }

    /// Yields every byte in a poll of its own, and is pending before each.
    pub(crate) fn trickle(self, bytes: impl AsRef<[u8]>) -> Self {
        bytes.as_ref().iter().fold(self, |reader, byte| reader.pending().bytes([*byte]))
    }

    /// Is pending once, and wakes at once.
    pub(crate) fn pending(mut self) -> Self {
        self.steps.push_back(ReadStep::Pending);
        self
    }

    /// Fails once.
    pub(crate) fn error(mut self, kind: ErrorKind) -> Self {
        self.steps.push_back(ReadStep::Error(kind));
        self
    }
}

impl AsyncRead for Reader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.polls += 1;
        match self.steps.pop_front() {
            None => Poll::Ready(Ok(())),
            Some(ReadStep::Bytes(mut bytes)) => {
                let rest = bytes.split_off(bytes.len().min(buf.remaining()));
                buf.put_slice(&bytes);
                if !rest.is_empty() {
                    self.steps.push_front(ReadStep::Bytes(rest));
                }
                Poll::Ready(Ok(()))
            }
            Some(ReadStep::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(ReadStep::Error(kind)) => Poll::Ready(Err(kind.into())),
        }
    }
}

enum WriteStep {
    Takes(usize),
    Pending,
    Error(ErrorKind),
}

/// Does one step per write; takes everything when there is none left.
#[derive(Default)]
pub(crate) struct Writer {
    steps: VecDeque<WriteStep>,
    /// What it was told, in order: the bytes of every write, `flush`, `shutdown`.
    pub(crate) log: Vec<String>,
    pub(crate) vectored: bool,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Says that it has vectored writes.
    pub(crate) fn vectored(mut self) -> Self {
        self.vectored = true;
        self
    }

    /// Takes at most `n` bytes, once.
    pub(crate) fn takes(mut self, n: usize) -> Self {
        self.steps.push_back(WriteStep::Takes(n));
        self
    }

    /// Is pending once, and wakes at once.
    pub(crate) fn pending(mut self) -> Self {
        self.steps.push_back(WriteStep::Pending);
        self
    }

    /// Fails once.
    pub(crate) fn error(mut self, kind: ErrorKind) -> Self {
        self.steps.push_back(WriteStep::Error(kind));
        self
    }

    fn step(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let taken = match self.steps.pop_front() {
            None => bytes.len(),
            Some(WriteStep::Takes(n)) => n.min(bytes.len()),
            Some(WriteStep::Pending) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Some(WriteStep::Error(kind)) => return Poll::Ready(Err(kind.into())),
        };
        self.log.push(String::from_utf8_lossy(&bytes[..taken]).into_owned());
        Poll::Ready(Ok(taken))
    }
}

impl AsyncWrite for Writer {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.step(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.log.push("flush".into());
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.log.push("shutdown".into());
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.vectored {
            let all: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
            return self.step(cx, &all);
        }
        let first = bufs.iter().find(|buf| !buf.is_empty());
        self.step(cx, first.map_or(&[], |buf| buf))
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }
}
