//! What filch wants to be in a row, in figures.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One thing about a row, and what it is to be at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// What.
    pub of: Of,
    /// At most.
    pub at_most: Bound,
}

/// What a goal is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub enum Of {
    /// The first figure of the row.
    Headline,
    /// The second: of waits what one in a hundred exceeds, of memory the time beyond the wait.
    Second,
    /// What all threads compute, per operation.
    Cpu,
    /// System calls per operation.
    Syscalls,
}

/// What a figure is to be at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Bound {
    /// So many times tokio's in the same run, since it has to hold on other machines too.
    Tokio(f64),
    /// So many times that of another runtime in the same row, or of filch in another row.
    Beside(Cow<'static, str>, f64),
    /// So many nanoseconds, bytes or calls.
    Fixed(f64),
}

impl Goal {
    /// The first figure is to be at most so many times tokio's.
    pub const fn tokio(times: f64) -> Self {
        Self { of: Of::Headline, at_most: Bound::Tokio(times) }
    }

    /// The second.
    pub const fn second_tokio(times: f64) -> Self {
        Self { of: Of::Second, at_most: Bound::Tokio(times) }
    }

    /// The first figure is to be at most so many nanoseconds or bytes.
    pub const fn fixed(most: f64) -> Self {
        Self { of: Of::Headline, at_most: Bound::Fixed(most) }
    }

    /// The second.
    pub const fn second_fixed(most: f64) -> Self {
        Self { of: Of::Second, at_most: Bound::Fixed(most) }
    }

    /// So many nanoseconds of all threads.
    pub const fn cpu(most: f64) -> Self {
        Self { of: Of::Cpu, at_most: Bound::Fixed(most) }
    }

    /// So many system calls.
    pub const fn syscalls(most: f64) -> Self {
        Self { of: Of::Syscalls, at_most: Bound::Fixed(most) }
    }

    /// The first figure is to be at most so many times that of another runtime in the row, or of filch in another row.
    pub const fn beside(other: &'static str, times: f64) -> Self {
        Self { of: Of::Headline, at_most: Bound::Beside(Cow::Borrowed(other), times) }
    }
}
