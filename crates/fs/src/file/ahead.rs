//! Reads that need a hop, and what they brought beyond what was asked for.
//!
//! A hop is under way for at most one read of a file. What it brings stays here until somebody asks: a
//! read that is given up loses nothing.

use crate::hop::{self, Waiting, shut_down, uninterrupted};
use filch_io::ReadBuf;
use filch_primitives::sync::Mutex;
use std::fs::File as StdFile;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll};

#[derive(Debug, Default)]
pub(super) struct ReadAhead {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    buf: Vec<u8>,
    /// What nobody has asked for yet.
    unread: Range<usize>,
    /// Of a hop that brought no bytes: the end of the file, or an error.
    outcome: Option<io::Result<()>>,
    is_running: bool,
    waiting: Waiting,
}

impl ReadAhead {
    /// Puts what is here into `buf`; if that is nothing, `None`.
    pub(super) fn poll_unread(
        &self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Option<io::Result<()>>> {
        let mut state = self.state.lock();
        if state.is_running {
            return state.waiting.pend(cx);
        }
        if state.unread.is_empty() {
            return Poll::Ready(state.outcome.take());
        }
        let State { buf: bytes, unread, .. } = &mut *state;
        let taken = unread.len().min(buf.remaining());
        buf.put_slice(&bytes[unread.start..unread.start + taken]);
        unread.start += taken;
        Poll::Ready(Some(Ok(())))
    }

    /// Starts to read `want` bytes from the position of `file`; [`poll_unread`](Self::poll_unread) has
    /// said that nothing is here.
    pub(super) fn start(&self, file: &Arc<StdFile>, want: usize) {
        let mut state = self.state.lock();
        state.is_running = true;
        let buf = std::mem::take(&mut state.buf);
        drop(state);
        let read = Reading { file: Some(Arc::clone(file)), buf, state: Arc::clone(&self.state) };
        if let Err(error) = hop::start(move || read.run(want)) {
            self.state.lock().outcome = Some(Err(error));
        }
    }

    /// Ready when no hop is under way.
    pub(super) fn poll_idle(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.lock();
        if state.is_running { state.waiting.pend(cx) } else { Poll::Ready(()) }
    }

    /// Puts the position of `file` back to where its user believes it to be. No hop may be under way.
    ///
    /// What has no position keeps what is here: nobody could read it again.
    pub(super) fn give_back(&self, file: &StdFile) -> io::Result<()> {
        let mut state = self.state.lock();
        state.outcome = None;
        if state.unread.is_empty() {
            return Ok(());
        }
        let mut file = file;
        match file.seek(SeekFrom::Current(-(state.unread.len() as i64))) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotSeekable => return Ok(()),
            Err(error) => return Err(error),
        }
        state.unread = 0..0;
        Ok(())
    }
}

/// The job of a hop.
struct Reading {
    /// `None` once it is over.
    file: Option<Arc<StdFile>>,
    buf: Vec<u8>,
    state: Arc<Mutex<State>>,
}

impl Reading {
    fn run(mut self, want: usize) {
        let Some(file) = &self.file else { return };
        if self.buf.len() < want {
            self.buf.resize(want, 0);
        }
        let outcome = uninterrupted(|| (&**file).read(&mut self.buf[..want]));
        self.end(outcome);
    }

    fn end(&mut self, outcome: io::Result<usize>) {
        // The file goes first: whoever hears that the hop is over may want to be its only owner.
        self.file = None;
        let mut state = self.state.lock();
        state.is_running = false;
        state.buf = std::mem::take(&mut self.buf);
        match outcome {
            Ok(0) => state.outcome = Some(Ok(())),
            Ok(count) => state.unread = 0..count,
            Err(error) => state.outcome = Some(Err(error)),
        }
        let waiting = state.waiting.take();
        drop(state);
        waiting.wake();
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if self.file.is_some() {
            self.end(Err(shut_down()));
        }
    }
}
