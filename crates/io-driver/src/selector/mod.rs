//! How the operating system is asked. Both files have the same shape:
//!
//! * `register`, `change`, `deregister`, `rearm`: the sources;
//! * `select`: wait once, hand each event on, say what there was besides;
//! * `unpark_one`, `set_deadline`: what ends a wait besides events.
//!
//! Linux waits on the epoll descriptor itself, any number of threads at once. Everything else goes
//! through polling's portable calls, one thread at a time. The portable file is built for Linux's unit
//! tests as well: both keep the same promises.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(test, not(target_os = "linux")))]
mod portable;
#[cfg(test)]
mod tests;

#[cfg(target_os = "linux")]
pub(crate) use linux::Selector;
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::Selector;

#[cfg(unix)]
pub(crate) use std::os::fd::BorrowedFd as BorrowedSource;
#[cfg(windows)]
pub(crate) use std::os::windows::io::BorrowedSocket as BorrowedSource;

/// What a selection took besides events.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Selected {
    pub(crate) is_unparked: bool,
    /// The deadline had passed.
    pub(crate) is_due: bool,
}

/// Events taken from the kernel by one wait. A busy worker turns the driver every 61 polls: as many new tasks
/// as that keep its queue as long as it is. More stay in the kernel, for whoever waits next.
const EVENTS_PER_WAIT: usize = 64;
