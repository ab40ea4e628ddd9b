//! Children that nobody waits for any more: they are reaped when they end, by one thread of the process.
//!
//! The thread is there while there are such children, and belongs to no runtime: a child may outlive the one
//! that it was started on.
//!
//! | what the system refuses | what happens |
//! |---|---|
//! | descriptors to call the thread by | it looks every [`LOOK`], until it gets them |
//! | the thread | they wait; whoever starts, asks after or drops a child next tries again |

use filch_primitives::sync::Mutex;
use filch_primitives::thread;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::time::Duration;

/// How often to look after children that have no descriptor to wait for.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// As [`LOOK`].
const PAUSE: Duration = Duration::from_nanos(LOOK.tv_nsec as u64);

static REAPER: Mutex<Reaper> = Mutex::new(Reaper { arrivals: Vec::new(), thread: Thread::Absent });

#[derive(Debug)]
struct Reaper {
    /// Those that the thread has not taken over yet.
    arrivals: Vec<Orphan>,
    thread: Thread,
}

#[derive(Debug)]
enum Thread {
    Absent,
    /// It cannot be called, and looks again and again.
    Looks,
    /// A byte calls it.
    Waits(UnixStream),
}

#[derive(Debug)]
struct Orphan {
    child: Child,
    /// `None` also after it was readable.
    descriptor: Option<OwnedFd>,
}

impl Orphan {
    fn runs(&mut self) -> bool {
        // An error: somebody else has reaped it.
        matches!(self.child.try_wait(), Ok(None))
    }
}

/// Takes over a child that may still run. `descriptor` is its process descriptor.
pub(crate) fn adopt(child: Child, descriptor: Option<OwnedFd>) {
    let mut reaper = REAPER.lock();
    reaper.arrivals.push(Orphan { child, descriptor });
    reaper.see_to_arrivals();
}

/// Tries again, if the system has refused the thread to somebody.
pub(crate) fn retry() {
    let mut reaper = REAPER.lock();
    if let Thread::Absent = reaper.thread {
        reaper.see_to_arrivals();
    }
}

impl Reaper {
    /// Reaps those who have ended, and sees to it that the thread takes over the others.
    fn see_to_arrivals(&mut self) {
        self.arrivals.retain_mut(Orphan::runs);
        if self.arrivals.is_empty() {
            return;
        }
        match &self.thread {
            Thread::Absent => self.thread = start(),
            Thread::Looks => {}
            Thread::Waits(call) => {
                // Full: then it has been called already.
                let _ = (&*call).write(&[0]);
            }
        }
    }
}

fn start() -> Thread {
    let (thread, called) = match bell() {
        Ok((call, called)) => (Thread::Waits(call), Some(called)),
        Err(_) => (Thread::Looks, None),
    };
    let builder = thread::Builder::new().name("filch-reaper".to_owned());
    match builder.spawn(move || reap(called)) {
        Ok(_) => thread,
        Err(_) => Thread::Absent,
    }
}

fn bell() -> io::Result<(UnixStream, UnixStream)> {
    let (call, called) = UnixStream::pair()?;
    call.set_nonblocking(true)?;
    called.set_nonblocking(true)?;
    Ok((call, called))
}

/// The life of the thread.
fn reap(mut called: Option<UnixStream>) {
    let mut orphans = Vec::new();
    loop {
        orphans.append(&mut REAPER.lock().arrivals);
        // Without the lock, for which everybody waits who asks after a child.
        orphans.retain_mut(Orphan::runs);
        if orphans.is_empty() {
            let mut reaper = REAPER.lock();
            if reaper.arrivals.is_empty() {
                reaper.thread = Thread::Absent;
                return;
            }
            continue;
        }
        if called.is_none() {
            // There may be descriptors again: it need not look for as long as an orphan lives.
            if let Ok((call, theirs)) = bell() {
                REAPER.lock().thread = Thread::Waits(call);
                called = Some(theirs);
                // Who came before that did not call.
                continue;
            }
        }
        await_event(called.as_ref(), &mut orphans);
        if let Some(mut called) = called.as_ref() {
            while matches!(called.read(&mut [0; 64]), Ok(1..)) {}
        }
    }
}

/// Returns when one of them may have ended, or there may be another.
fn await_event(called: Option<&UnixStream>, orphans: &mut [Orphan]) {
    let descriptors = orphans.iter().filter_map(|orphan| orphan.descriptor.as_ref());
    let mut fds: Vec<_> =
        descriptors.map(|descriptor| PollFd::new(descriptor, PollFlags::IN)).collect();
    let looks = called.is_none() || fds.len() < orphans.len();
    fds.extend(called.map(|called| PollFd::new(called, PollFlags::IN)));
    match poll(&mut fds, looks.then_some(&LOOK)) {
        Ok(_) => {}
        Err(Errno::INTR) => return,
        Err(_) => {
            // A want of memory, say: look, and try again, but not at once.
            std::thread::sleep(PAUSE);
            return;
        }
    }
    let ended: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
    let watched = orphans.iter_mut().filter(|orphan| orphan.descriptor.is_some());
    for (orphan, ended) in watched.zip(ended) {
        if ended {
            // It has told what it can. While somebody traces the child, its status is his: to poll the
            // descriptor again would return at once, again and again.
            orphan.descriptor = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_descriptor_that_tells_of_an_end_which_cannot_be_taken_yet_is_polled_once() {
        // As that of a child that somebody traces: readable, and there is no status.
        let (readable, mut far) = UnixStream::pair().unwrap();
        far.write_all(b"x").unwrap();
        let child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let mut orphans = [Orphan { child, descriptor: Some(readable.into()) }];
        let (_call, called) = bell().unwrap();
        await_event(Some(&called), &mut orphans);
        assert!(orphans[0].runs() && orphans[0].descriptor.is_none());
        let start = std::time::Instant::now();
        await_event(Some(&called), &mut orphans);
        assert!(start.elapsed() >= PAUSE);
        drop(orphans[0].child.stdin.take());
        orphans[0].child.wait().unwrap();
    }
}
