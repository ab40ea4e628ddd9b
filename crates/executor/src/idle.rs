//! # Idle: no work waits while a worker sleeps, and no worker is woken that another will spare
//!
//! Counts who is parked and who is searching, and decides whether new work is worth a wake-up. Parked
//! workers are anonymous: a wake-up is for one of them, whichever the operating system lets go first.
//!
//! ## Layout
//! One `usize` of three counts, 10 bits each, so that it also fits a 32-bit machine: `parked` (bits
//! 0-9), `searching` (10-19), `notified` (20-29). A runtime has at most [`MAX_WORKERS`] workers.
//!
//! ## Roles
//! * worker: `start_searching`, `stop_searching`, `park`, `unpark`, `cancel_park`; whoever starts or ends one, `worker_comes`,
//!   `worker_goes`.
//! * submitter, any thread that has just made work visible: `notify`, `notify_lazily`.
//!
//! ## States
//! A worker is *active* (counted nowhere), *searching*, or *parked*. `notified` counts wake-ups that
//! were decided and not yet taken up: for each, one parked worker has already been moved from `parked`
//! to `searching` on its behalf.
//!
//! ## Transitions
//! 1. `start_searching`: active -> searching; refused when half of the workers are at it.
//! 2. `stop_searching`: searching -> active; says whether it was the last one.
//! 3. `park`: active or searching -> parked. The worker then looks at every queue once more, and only
//!    then sleeps.
//! 4. `notify`: if somebody is parked and nobody searches: one parked -> searching, `notified += 1`; the
//!    caller must then call `Park::unpark_one`.
//! 5. `unpark`, back from the sleep for whatever reason: takes up a wake-up (`notified -= 1`) or, when
//!    there is none, moves itself from parked to searching.
//! 6. `cancel_park`: the look of 3 found work: as 5.
//!
//! ## Invariants
//! * I1: `parked + searching <= seats`.
//! * I2: while work is visible and nobody is searching or active, some wake-up is under way; model
//!   `last_searcher_leaves_while_work_arrives`.
//! * I3: `notified <= searching`.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | `fence` in `notify` | SeqCst | `fence` in `park` | the submitter does not see the sleeper, the sleeper does not see the work, both go on: a lost wake-up (I2) |
//! | `fence` in `park` | SeqCst | `fence` in `notify` | the same |
//! | `fence` in `stop_searching`, of the last | SeqCst | `fence` in `notify` | the submitter leaves it to the searcher, the searcher does not see the work (I2) |
//!
//! ## Liveness
//! * The submitter makes work visible, fences, reads the word.
//! * The sleeper writes the word, fences, reads the queues.
//! * The fences are in one total order. If the submitter's is first, the sleeper sees the work. If the
//!   sleeper's is first, the submitter sees it parked; then either nobody searches, and it wakes one, or
//!   somebody searches, and that worker will itself pass through `park` (or find the work) after this
//!   point, with its own fence behind the submitter's. By induction the last searcher finds it.
//!
//! `notify_lazily` leaves the fence out. It is for a worker that pushes to its own queue: it will come
//! back to that queue itself, so a sleeper that is missed costs parallelism for one poll, not progress.
//!
//! ## Rejected
//! A list of named sleepers under a mutex: two more lock round trips per park, and the driver wakes
//! whichever thread it likes anyway. Waking on every push: measured in the field as twice the context
//! switches for a third less throughput.
//!
//! ## Checked by
//! `loom-tests/tests/idle.rs`: `work_arrives_while_the_only_worker_parks`,
//! `last_searcher_leaves_while_work_arrives`, `two_submitters_one_sleeper`.

use filch_primitives::atomic::{AtomicUsize, Ordering, fence};
use std::fmt;

/// The largest number of workers that one runtime can have.
pub const MAX_WORKERS: usize = FIELD;

const BITS: usize = 10;
const FIELD: usize = (1 << BITS) - 1;
const PARKED: usize = 1;
const SEARCHING: usize = 1 << BITS;
const NOTIFIED: usize = 1 << (2 * BITS);

fn parked(word: usize) -> usize {
    word & FIELD
}

fn searching(word: usize) -> usize {
    (word >> BITS) & FIELD
}

fn notified(word: usize) -> usize {
    (word >> (2 * BITS)) & FIELD
}

/// Who is parked and who is searching; see the head of this file.
pub struct Idle {
    word: AtomicUsize,
    /// How many workers there are; a bound on searchers.
    workers: AtomicUsize,
    /// How many there are ever to be at once.
    seats: usize,
}

impl Idle {
    /// For at most `seats` workers at once, of which there are none yet.
    ///
    /// # Panics
    /// If there are more than [`MAX_WORKERS`].
    pub fn new(seats: usize) -> Self {
        assert!(seats <= MAX_WORKERS, "at most {MAX_WORKERS} workers, not {seats}");
        Self { word: AtomicUsize::new(0), workers: AtomicUsize::new(0), seats }
    }

    /// There is one more worker, which is active.
    pub fn worker_comes(&self) {
        // Ordering: Relaxed; a bound on contention, not on correctness.
        self.workers.fetch_add(1, Ordering::Relaxed);
    }

    /// There is one worker less. It was active.
    pub fn worker_goes(&self) {
        // Ordering: Relaxed; as above.
        self.workers.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many workers there are, a moment ago.
    pub fn workers(&self) -> usize {
        // Ordering: Relaxed; a hint.
        self.workers.load(Ordering::Relaxed)
    }

    /// After work was made visible by a thread that will not come back for it: whether the caller must
    /// now wake one parked worker.
    #[must_use = "if it is true, a worker has to be unparked"]
    pub fn notify(&self) -> bool {
        // Ordering: SeqCst fence; pairs with the fence in `park` (I2). Without it: model
        // `work_arrives_while_the_only_worker_parks`.
        fence(Ordering::SeqCst);
        self.claim_sleeper()
    }

    /// As [`notify`](Self::notify), for a worker that will come back for the work itself.
    #[inline]
    #[must_use = "if it is true, a worker has to be unparked"]
    pub fn notify_lazily(&self) -> bool {
        // Ordering: Relaxed; a stale view costs parallelism, not progress: see the head.
        let word = self.word.load(Ordering::Relaxed);
        parked(word) != 0 && searching(word) == 0 && self.claim_sleeper()
    }

    /// Whether somebody is parked or searching, a moment ago.
    #[inline]
    pub fn is_anyone_idle(&self) -> bool {
        // Ordering: Relaxed; as for `notify_lazily`.
        self.word.load(Ordering::Relaxed) != 0
    }

    fn claim_sleeper(&self) -> bool {
        // Ordering: Relaxed; ordered behind the caller's work by the fence.
        let mut word = self.word.load(Ordering::Relaxed);
        while parked(word) != 0 && searching(word) == 0 {
            let claimed = word - PARKED + SEARCHING + NOTIFIED;
            // Ordering: Relaxed; the count alone matters, the wake-up itself carries the data.
            match self.word.compare_exchange_weak(
                word,
                claimed,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// An active worker found nothing of its own: whether it may look at the others' queues.
    #[must_use = "if it is true, the worker is counted as searching"]
    pub fn start_searching(&self) -> bool {
        // Ordering: Relaxed; a bound on contention, not on correctness.
        let word = self.word.load(Ordering::Relaxed);
        if searching(word) > 0 && 2 * searching(word) >= self.workers() {
            return false;
        }
        // Ordering: Relaxed; the count alone matters: the searcher fences in `park`.
        self.word.fetch_add(SEARCHING, Ordering::Relaxed);
        true
    }

    /// A searching worker found work: whether it was the last one that searched. That one must look at
    /// every queue, and wake another worker if there is more.
    #[must_use = "the last searcher wakes another worker if there is more"]
    pub fn stop_searching(&self) -> bool {
        // Ordering: Relaxed; the fence below orders it where it matters.
        let before = self.word.fetch_sub(SEARCHING, Ordering::Relaxed);
        debug_assert!(searching(before) > 0, "inconsistent idle word: {before:#x}");
        let was_last = searching(before) == 1;
        if was_last {
            // Ordering: SeqCst fence; pairs with the fence in `notify` (I2): a submitter that saw us
            // searching has made its work visible before the caller looks. Without it: model
            // `last_searcher_leaves_while_work_arrives`.
            fence(Ordering::SeqCst);
        }
        was_last
    }

    /// A worker is about to sleep; it must look at every queue once more before it does.
    pub fn park(&self, was_searching: bool) {
        let change = if was_searching { PARKED.wrapping_sub(SEARCHING) } else { PARKED };
        // Ordering: Relaxed; the fence orders it before the look at the queues.
        let before = self.word.fetch_add(change, Ordering::Relaxed);
        debug_assert!(
            parked(before) < self.seats,
            "inconsistent idle word: {before:#x} for {} seats",
            self.seats
        );
        // Ordering: SeqCst fence; pairs with the fence in `notify` (I2). Without it: model
        // `work_arrives_while_the_only_worker_parks`.
        fence(Ordering::SeqCst);
    }

    /// A worker is back from its sleep, and counts as searching from here.
    pub fn unpark(&self) {
        // Ordering: Relaxed; as in `claim_sleeper`.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let awake =
                if notified(word) > 0 { word - NOTIFIED } else { word - PARKED + SEARCHING };
            // Ordering: Relaxed; the count alone matters.
            match self.word.compare_exchange_weak(word, awake, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    /// The last look before the sleep found work: the worker counts as searching again.
    pub fn cancel_park(&self) {
        self.unpark();
    }

    /// How many workers are parked, a moment ago.
    pub fn parked(&self) -> usize {
        // Ordering: Relaxed; a hint.
        parked(self.word.load(Ordering::Relaxed))
    }

    /// How many workers are searching, a moment ago.
    pub fn searching(&self) -> usize {
        // Ordering: Relaxed; a hint.
        searching(self.word.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idle")
            .field("workers", &self.workers())
            .field("parked", &self.parked())
            .field("searching", &self.searching())
            .finish()
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    fn of(workers: usize) -> Idle {
        let idle = Idle::new(workers);
        (0..workers).for_each(|_| idle.worker_comes());
        idle
    }

    #[test]
    fn nobody_is_woken_when_nobody_sleeps() {
        let idle = of(2);
        assert!(!idle.notify());
        assert!(!idle.notify_lazily());
    }

    #[test]
    fn one_wake_up_is_enough_until_the_woken_worker_has_found_work() {
        let idle = of(2);
        idle.park(false);
        idle.park(false);
        assert!(idle.notify());
        assert!(!idle.notify(), "the first one is on its way to search");
        idle.unpark();
        assert_eq!((idle.parked(), idle.searching()), (1, 1));
        assert!(idle.stop_searching(), "it was the last searcher");
        assert!(idle.notify());
    }

    #[test]
    fn at_most_half_of_the_workers_search() {
        let idle = of(4);
        assert!(idle.start_searching());
        assert!(idle.start_searching());
        assert!(!idle.start_searching());
    }

    #[test]
    fn a_single_worker_may_search() {
        assert!(of(1).start_searching());
    }

    #[test]
    fn a_worker_that_wakes_by_itself_counts_as_searching() {
        let idle = of(1);
        idle.park(false);
        idle.unpark();
        assert_eq!((idle.parked(), idle.searching()), (0, 1));
    }
}
