//! How the end of a process is noticed, without reaping it.
//!
//! The process stays a zombie until its owner takes the status, so its number cannot be given to another
//! process meanwhile, and a signal cannot hit the wrong one.
//!
//! | where | how |
//! |---|---|
//! | Linux 5.3 and later | a process descriptor, watched by the I/O driver |
//! | elsewhere, and where no descriptor is left | a thread that sleeps in `waitid` while somebody waits |
//! | a process that has ended and is traced | the descriptor tells too early: then that thread |

use filch_io_driver::Interest;
use filch_io_driver::unix::AsyncFd;
use filch_primitives::sync::Mutex;
use filch_primitives::thread;
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

/// What notices the end of one process.
#[derive(Debug)]
pub(crate) enum Exit {
    Descriptor(AsyncFd<OwnedFd>),
    /// Started by the first wait.
    Thread(Pid, Option<Arc<Mutex<Watched>>>),
}

/// What the thread and who waits have in common.
#[derive(Debug)]
pub(crate) enum Watched {
    Runs(Waker),
    Ended,
}

impl Exit {
    /// For a child that nobody has reaped.
    pub(crate) fn of(pid: Pid) -> io::Result<Self> {
        match open(pid) {
            Some(descriptor) => {
                AsyncFd::with_interest(descriptor, Interest::READABLE).map(Self::Descriptor)
            }
            None => Ok(Self::by_thread(pid)),
        }
    }

    /// For a child that nobody has reaped, without a descriptor.
    pub(crate) fn by_thread(pid: Pid) -> Self {
        Self::Thread(pid, None)
    }

    /// Ready when the process has ended.
    ///
    /// # Errors
    /// If the runtime was shut down, or the operating system refuses a thread.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Descriptor(descriptor) => {
                let _stays_ready = ready!(descriptor.poll_read_ready(cx))?;
                Poll::Ready(Ok(()))
            }
            Self::Thread(_, Some(watched)) => {
                let mut watched = watched.lock();
                if let Watched::Ended = *watched {
                    return Poll::Ready(Ok(()));
                }
                *watched = Watched::Runs(cx.waker().clone());
                Poll::Pending
            }
            Self::Thread(pid, watched) => {
                *watched = Some(watch(*pid, cx.waker().clone())?);
                Poll::Pending
            }
        }
    }

    /// The process descriptor, if there is one.
    pub(crate) fn into_descriptor(self) -> Option<OwnedFd> {
        match self {
            Self::Descriptor(descriptor) => Some(descriptor.into_inner()),
            Self::Thread(..) => None,
        }
    }
}

#[cfg(target_os = "linux")]
fn open(pid: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn open(_pid: Pid) -> Option<OwnedFd> {
    None
}

/// Starts a thread that sleeps until the process ends, and then wakes.
fn watch(pid: Pid, waker: Waker) -> io::Result<Arc<Mutex<Watched>>> {
    let watched = Arc::new(Mutex::new(Watched::Runs(waker)));
    let theirs = Arc::clone(&watched);
    thread::Builder::new().name("filch-wait".to_owned()).spawn(move || {
        await_end(pid);
        let before = std::mem::replace(&mut *theirs.lock(), Watched::Ended);
        if let Watched::Runs(waker) = before {
            waker.wake();
        }
    })?;
    Ok(watched)
}

fn await_end(pid: Pid) {
    // An error other than an interruption: somebody has reaped it, so it has ended.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(Errno::INTR) = waitid(WaitId::Pid(pid), options) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::process::{Command, Stdio};

    /// The way of the other platforms, which Linux takes when it is out of descriptors.
    #[test]
    fn a_thread_notices_the_end_and_leaves_the_status_to_the_owner() {
        let driver = filch_io_driver::Driver::new().unwrap();
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let mut exit = Exit::by_thread(pid);
        let stdin = child.stdin.take();
        driver.block_on(async {
            let first = poll_fn(|cx| Poll::Ready(exit.poll(cx))).await;
            assert!(first.is_pending());
            drop(stdin);
            poll_fn(|cx| exit.poll(cx)).await.unwrap();
            assert!(child.try_wait().unwrap().unwrap().success());
        });
    }
}
