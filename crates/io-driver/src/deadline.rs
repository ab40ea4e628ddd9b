//! # Deadline: the one alarm of a driver is never later than the earliest deadline asked for
//!
//! ## Layout
//! One word: the nanoseconds (since the driver's epoch) for which the alarm is armed, or [`NONE`]; and a
//! lock around the programming of the alarm itself.
//!
//! ## Roles
//! * setter: any thread that has a new earliest deadline; calls [`arm`](Deadline::arm).
//! * fired side: any thread that was told that the alarm went off; calls [`fired`](Deadline::fired), and
//!   afterwards looks for the next deadline itself and arms it.
//!
//! ## Transitions
//! 1. none or later -> earlier: `arm`, with the lock; the alarm is programmed before the word says so.
//! 2. passed -> none: `fired`, with the lock. An armed time that has not passed stays: the news was of
//!    an earlier programming, and the alarm will go off again.
//!
//! ## Invariants
//! I1. Whenever the lock is free, the alarm is programmed for the word's time, or has gone off since.
//! I2. A deadline published before `arm` is either armed, or seen by a fired side that looks for the
//!     next deadline after `fired` (`fire_meets_arm`).
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | `arm`: fence before the look | SeqCst | `fired`'s fence | both sides overlook each other: I2 |
//! | `fired`: fence after the store | SeqCst | `arm`'s fence | the same |
//! | the word itself | Relaxed | - | changes only under the lock; the look without it is a shortcut |
//!
//! ## Liveness
//! The race: a setter publishes a deadline and finds an earlier time armed, so it does nothing; the
//! alarm goes off at that moment, and the fired side looks for the next deadline. Proof: of the two
//! fences one is first. The setter's: the fired side's look comes after the publication. The fired
//! side's: the setter's look finds the word empty, and it arms.
//!
//! ## Rejected
//! Re-programming to a later time when a timer is cancelled: a system call for each cancelled time-out,
//! to save at most one needless wake-up.
//!
//! ## Checked by
//! `loom-tests/tests/io_deadline.rs`.

use filch_primitives::atomic::{AtomicU64, Ordering, fence};
use filch_primitives::sync::Mutex;

/// No time is armed.
pub const NONE: u64 = u64::MAX;

/// When the alarm is going to go off.
#[derive(Debug)]
pub struct Deadline {
    armed: AtomicU64,
    programming: Mutex<()>,
}

impl Default for Deadline {
    fn default() -> Self {
        Self::new()
    }
}

impl Deadline {
    /// Nothing is armed.
    pub fn new() -> Self {
        Self { armed: AtomicU64::new(NONE), programming: Mutex::new(()) }
    }

    /// Calls `program` and notes `at`, unless something as early is armed already.
    pub fn arm(&self, at: u64, program: impl FnOnce()) {
        // Ordering: SeqCst; pairs with the fence in `fired` (I2).
        fence(Ordering::SeqCst);
        // Ordering: Relaxed; the fence orders it, and the lock below decides.
        if at >= self.armed.load(Ordering::Relaxed) {
            return;
        }
        let _programming = self.programming.lock();
        // Ordering: Relaxed; under the lock.
        if at >= self.armed.load(Ordering::Relaxed) {
            return;
        }
        program();
        // Ordering: Relaxed; under the lock.
        self.armed.store(at, Ordering::Relaxed);
    }

    /// The alarm went off, and it is `now`.
    pub fn fired(&self, now: u64) {
        {
            let _programming = self.programming.lock();
            // Ordering: Relaxed; under the lock.
            if self.armed.load(Ordering::Relaxed) <= now {
                // Ordering: Relaxed; under the lock, and the fence below orders it for the shortcut.
                self.armed.store(NONE, Ordering::Relaxed);
            }
        }
        // Ordering: SeqCst; pairs with the fence in `arm` (I2).
        fence(Ordering::SeqCst);
    }

    /// What is armed, for a driver whose alarm is the time-out of its wait.
    #[cfg(any(test, not(target_os = "linux")))]
    pub fn armed(&self) -> u64 {
        // Ordering: Relaxed; whoever arms something earlier later on interrupts the wait.
        self.armed.load(Ordering::Relaxed)
    }
}
