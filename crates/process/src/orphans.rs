//! Children that nobody waits for any more: they are reaped when they end, by one thread of the process.
//!
//! The thread is there while there are such children, and belongs to no runtime: a child may outlive the one
//! that it was started on.

use filch_primitives::sync::Mutex;
use filch_primitives::thread;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Child;

/// How often to look after children that have no descriptor to wait for.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

static REAPER: Mutex<Reaper> = Mutex::new(Reaper { arrivals: Vec::new(), call: None });

#[derive(Debug)]
struct Reaper {
    /// Those that the thread has not taken over yet.
    arrivals: Vec<Orphan>,
    /// Calls the thread; `None` while there is none.
    call: Option<UnixStream>,
}

#[derive(Debug)]
struct Orphan {
    child: Child,
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
    reaper.arrivals.retain_mut(Orphan::runs);
    if reaper.arrivals.is_empty() {
        return;
    }
    match &reaper.call {
        Some(call) => {
            // Full: then it has been called already.
            let _ = (&*call).write(&[0]);
        }
        // Refused, they wait for the next orphan to come, at worst.
        None => reaper.call = start().ok(),
    }
}

fn start() -> io::Result<UnixStream> {
    let (call, called) = UnixStream::pair()?;
    call.set_nonblocking(true)?;
    called.set_nonblocking(true)?;
    thread::Builder::new().name("filch-reaper".to_owned()).spawn(move || reap(&called))?;
    Ok(call)
}

/// The life of the thread.
fn reap(called: &UnixStream) {
    let mut orphans = Vec::new();
    loop {
        {
            let mut reaper = REAPER.lock();
            orphans.append(&mut reaper.arrivals);
            orphans.retain_mut(Orphan::runs);
            if orphans.is_empty() {
                reaper.call = None;
                return;
            }
        }
        await_event(called, &orphans);
        while matches!((&*called).read(&mut [0; 64]), Ok(1..)) {}
    }
}

/// Returns when one of them may have ended, or there may be another.
fn await_event(called: &UnixStream, orphans: &[Orphan]) {
    let descriptors = orphans.iter().filter_map(|orphan| orphan.descriptor.as_ref());
    let mut fds = vec![PollFd::new(called, PollFlags::IN)];
    fds.extend(descriptors.map(|descriptor| PollFd::new(descriptor, PollFlags::IN)));
    let looks = fds.len() <= orphans.len();
    // An error is an interruption, or a want of memory: look, and try again.
    let _ = poll(&mut fds, looks.then_some(&LOOK));
}
