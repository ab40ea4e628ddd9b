//! What the operating system last said about a source.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Sub, SubAssign};

/// A set of states in which an operation on a source would not block.
///
/// It may be out of date in one direction: an operation may still return
/// [`WouldBlock`](std::io::ErrorKind::WouldBlock), but none is forgotten.
///
/// ```
/// use filch_io_driver::Ready;
///
/// let ready = Ready::READABLE | Ready::WRITE_CLOSED;
/// // A closed direction counts as ready: the operation returns at once.
/// assert!(ready.is_readable() && ready.is_writable());
/// assert!(ready.is_write_closed() && !ready.is_read_closed());
/// assert!(!ready.is_priority() && !ready.is_error());
/// assert!((ready - Ready::ALL).is_empty());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Ready(u8);

impl Ready {
    /// Nothing.
    pub const EMPTY: Self = Self(0);
    /// There is something to read or to accept.
    pub const READABLE: Self = Self(1);
    /// There is room to write.
    pub const WRITABLE: Self = Self(2);
    /// The peer will send no more.
    pub const READ_CLOSED: Self = Self(4);
    /// Nothing more can be sent.
    pub const WRITE_CLOSED: Self = Self(8);
    /// There is data out of band.
    pub const PRIORITY: Self = Self(16);
    /// There is an error to fetch.
    pub const ERROR: Self = Self(32);
    /// All of the above.
    pub const ALL: Self = Self(63);

    /// Whether nothing is ready.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a read would not block: readable, or closed for reading.
    pub const fn is_readable(self) -> bool {
        self.0 & (Self::READABLE.0 | Self::READ_CLOSED.0) != 0
    }

    /// Whether a write would not block: writable, or closed for writing.
    pub const fn is_writable(self) -> bool {
        self.0 & (Self::WRITABLE.0 | Self::WRITE_CLOSED.0) != 0
    }

    /// Whether the peer will send no more. What it sent before may still be unread.
    pub const fn is_read_closed(self) -> bool {
        self.0 & Self::READ_CLOSED.0 != 0
    }

    /// Whether nothing more can be sent.
    pub const fn is_write_closed(self) -> bool {
        self.0 & Self::WRITE_CLOSED.0 != 0
    }

    /// Whether there is data out of band.
    pub const fn is_priority(self) -> bool {
        self.0 & Self::PRIORITY.0 != 0
    }

    /// Whether there is an error to fetch.
    pub const fn is_error(self) -> bool {
        self.0 & Self::ERROR.0 != 0
    }

    pub(crate) const fn bits(self) -> u64 {
        self.0 as u64
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self((bits & Self::ALL.bits()) as u8)
    }
}

impl BitOr for Ready {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Ready {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for Ready {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Sub for Ready {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl SubAssign for Ready {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has = |bit: Self| !(*self & bit).is_empty();
        let names = [
            (has(Self::READABLE), "READABLE"),
            (has(Self::WRITABLE), "WRITABLE"),
            (self.is_read_closed(), "READ_CLOSED"),
            (self.is_write_closed(), "WRITE_CLOSED"),
            (self.is_priority(), "PRIORITY"),
            (self.is_error(), "ERROR"),
        ];
        write_names(f, &names)
    }
}

/// Writes the names whose flag is set: `A | B`, or `EMPTY`.
pub(crate) fn write_names(f: &mut fmt::Formatter<'_>, names: &[(bool, &str)]) -> fmt::Result {
    let set: Vec<&str> = names.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
    f.write_str(if set.is_empty() { "EMPTY".to_owned() } else { set.join(" | ") }.as_str())
}
