//! Every future of this crate is dropped at each of its awaits, ten thousand times, with others at work: what it leaves
//! behind is what its documentation says.

mod channels;
#[path = "../support/dropping.rs"]
mod dropping;
mod events;
mod locks;
#[path = "../support/mod.rs"]
mod support;

use filch_primitives::atomic::{AtomicUsize, Ordering};

/// A number that several threads count up.
#[derive(Debug, Default)]
struct Tally(AtomicUsize);

impl Tally {
    /// One more; how many it were before.
    fn add(&self) -> usize {
        // Ordering: AcqRel; the numbers are handed out once, and who reads one sees what came before it.
        self.0.fetch_add(1, Ordering::AcqRel)
    }

    fn get(&self) -> usize {
        // Ordering: Acquire; as above.
        self.0.load(Ordering::Acquire)
    }
}
