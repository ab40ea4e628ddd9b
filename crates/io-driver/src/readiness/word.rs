//! The bits of the word that [`Readiness`](super::Readiness) is about; its head has the table.

use crate::ready::Ready;

pub(super) const WAITERS: u64 = 1 << 6;
pub(super) const SHUTDOWN: u64 = 1 << 7;
pub(super) const CLOSED: u64 = 1 << 8;
pub(super) const ANY_BUSY: u64 = Direction::Read.busy() | Direction::Write.busy();
pub(super) const TICK: u64 = 1 << 13;
pub(super) const TICK_MASK: u64 = (1 << 32) - TICK;
pub(super) const GENERATION: u64 = 1 << 32;

/// Which of a source's two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Reading and accepting.
    Read,
    /// Writing and connecting.
    Write,
}

impl Direction {
    pub(super) const BOTH: [Self; 2] = [Self::Read, Self::Write];

    pub(super) const fn stored(self) -> u64 {
        match self {
            Self::Read => 1 << 9,
            Self::Write => 1 << 11,
        }
    }

    pub(super) const fn busy(self) -> u64 {
        self.stored() << 1
    }

    /// The readiness that ends a wait in this direction.
    pub fn mask(self) -> Ready {
        match self {
            Self::Read => Ready::READABLE | Ready::READ_CLOSED,
            Self::Write => Ready::WRITABLE | Ready::WRITE_CLOSED,
        }
    }
}

/// What a poller saw; [`Readiness::clear`] needs it back.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Observed {
    /// The readiness that was asked for and found.
    pub ready: Ready,
    /// The readiness that was found.
    pub all: Ready,
    /// The driver is gone.
    pub is_shutdown: bool,
    pub(super) tick: u64,
}

impl Observed {
    pub(super) fn of(word: u64, mask: Ready) -> Self {
        let all = Ready::from_bits(word);
        Self { ready: all & mask, all, is_shutdown: word & SHUTDOWN != 0, tick: word & TICK_MASK }
    }

    /// `None` if a poller has to wait.
    pub(super) fn ending_wait(word: u64, mask: Ready) -> Option<Self> {
        let observed = Self::of(word, mask);
        (observed.is_shutdown || !observed.ready.is_empty()).then_some(observed)
    }
}
