//! What a task waits for.

use crate::ready::Ready;
use std::fmt;
use std::num::NonZeroU8;
use std::ops::{BitOr, BitOrAssign};

const READABLE: u8 = 1;
const WRITABLE: u8 = 2;
const PRIORITY: u8 = 4;
const ERROR: u8 = 8;

const fn non_empty(bits: u8) -> Interest {
    match NonZeroU8::new(bits) {
        Some(bits) => Interest(bits),
        None => panic!("an Interest is never empty"),
    }
}

/// The kinds of readiness that a call of `ready` waits for; never empty.
///
/// ```
/// use filch_io_driver::Interest;
///
/// let both = Interest::READABLE | Interest::WRITABLE;
/// assert!(both.is_readable() && both.is_writable());
/// assert!(!both.is_priority() && !both.is_error());
/// assert_eq!(Interest::READABLE.add(Interest::WRITABLE), both);
/// assert_eq!(both.remove(Interest::READABLE), Some(Interest::WRITABLE));
/// assert_eq!(both.remove(both), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interest(NonZeroU8);

impl Interest {
    /// Data to read, a connection to accept, or the end of the input.
    pub const READABLE: Self = non_empty(READABLE);
    /// Room to write, or the end of the output.
    pub const WRITABLE: Self = non_empty(WRITABLE);
    /// Data out of band.
    pub const PRIORITY: Self = non_empty(PRIORITY);
    /// A pending error.
    pub const ERROR: Self = non_empty(ERROR);

    /// Whether it includes [`READABLE`](Self::READABLE).
    pub const fn is_readable(self) -> bool {
        self.0.get() & READABLE != 0
    }

    /// Whether it includes [`WRITABLE`](Self::WRITABLE).
    pub const fn is_writable(self) -> bool {
        self.0.get() & WRITABLE != 0
    }

    /// Whether it includes [`PRIORITY`](Self::PRIORITY).
    pub const fn is_priority(self) -> bool {
        self.0.get() & PRIORITY != 0
    }

    /// Whether it includes [`ERROR`](Self::ERROR).
    pub const fn is_error(self) -> bool {
        self.0.get() & ERROR != 0
    }

    /// Everything in either; `|` does the same.
    pub const fn add(self, other: Self) -> Self {
        non_empty(self.0.get() | other.0.get())
    }

    /// What remains without `other`, if anything does.
    pub const fn remove(self, other: Self) -> Option<Self> {
        match NonZeroU8::new(self.0.get() & !other.0.get()) {
            Some(bits) => Some(Self(bits)),
            None => None,
        }
    }

    /// The readiness that satisfies this interest: a direction that is closed counts as ready, because
    /// the operation will not block.
    pub(crate) fn satisfied_by(self) -> Ready {
        let mut ready = Ready::EMPTY;
        if self.is_readable() {
            ready |= Ready::READABLE | Ready::READ_CLOSED;
        }
        if self.is_writable() {
            ready |= Ready::WRITABLE | Ready::WRITE_CLOSED;
        }
        if self.is_priority() {
            ready |= Ready::PRIORITY | Ready::READ_CLOSED;
        }
        if self.is_error() {
            ready |= Ready::ERROR;
        }
        ready
    }
}

impl BitOr for Interest {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.add(other)
    }
}

impl BitOrAssign for Interest {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (self.is_readable(), "READABLE"),
            (self.is_writable(), "WRITABLE"),
            (self.is_priority(), "PRIORITY"),
            (self.is_error(), "ERROR"),
        ];
        crate::ready::write_names(f, &names)
    }
}
