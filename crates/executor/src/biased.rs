//! # Biased lock: its owner goes in and out for almost nothing, any other thread gets in while the owner is out
//!
//! For what a worker uses all the time and others need only when that worker is stuck.
//!
//! ## Layout
//! * `owner_in`: whether the owner is inside, or on its way in.
//! * `claimed`: whether another thread is inside, or trying to be.
//! * `len`: how many items there were when somebody last left; a hint.
//!
//! ## Roles
//! * owner: one thread at a time, `with`; the role passes on by a synchronisation of the callers' own.
//! * raider: any thread: `raid`.
//!
//! ## States
//! | `owner_in` | `claimed` | who may touch the value |
//! |---|---|---|
//! | yes | no | the owner |
//! | no | no | nobody |
//! | no | yes | the raider, once it has found the owner out behind its heavy fence |
//! | yes | yes | the owner if it was in first; then the raider gives up |
//!
//! ## Transitions
//! 1. `with`: writes in, light fence, looks at `claimed`; if it is set, writes out again and waits until it
//!    is not. Writes out at the end.
//! 2. `raid`: sets `claimed`, or gives up if it is set; heavy fence; looks at `owner_in`; if it is set,
//!    clears `claimed` and gives up. Clears `claimed` at the end.
//!
//! ## Invariants
//! * I1: one thread at a time has the value; model `owner_meets_raider`, `two_raiders` (loom's cell).
//! * I2: whoever has it sees what the one before did to it; the same models.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | light fence in `with` | asymmetric | heavy fence in `raid` | both look before the other has written, and both go in (I1) |
//! | heavy fence in `raid` | asymmetric | light fence in `with` | the same |
//! | store of out in `with` | Release | load of `owner_in` in `raid` | the raider does not see what the owner did (I2) |
//! | load of `owner_in` in `raid` | Acquire | the store of out | the same |
//! | store that clears `claimed` | Release | load of `claimed` in `with`, exchange in `raid` | the next one in does not see what the raider did (I2) |
//! | load of `claimed` in `with`, exchange in `raid` | Acquire | the store that clears `claimed` | the same |
//!
//! ## Liveness
//! The owner waits for at most one raid at a time, and a raid is short; a raider never waits. A raider that
//! is not running keeps the owner waiting, so the owner gives its processor away meanwhile.
//!
//! ## Rejected
//! An atomic exchange for every item that goes in or out, so that thieves may always come: 6 to 11 ns each
//! on a machine where running an empty task takes 40. A handshake in which the owner answers a request
//! at its next look: a stuck owner does not look, and that is the one case this is for. The hint in the word
//! of the owner, corrected by raiders: loom takes an exchange of one thread and a store of another for
//! unordered where C++ orders them.
//!
//! ## Checked by
//! `loom-tests/tests/biased.rs`: `owner_meets_raider`, `two_raiders`. loom's half of the fences are two
//! `SeqCst` fences, so that the pair is one in the kernel's own words (`membarrier(2)`) is believed.

use filch_primitives::asymmetric::{heavy_fence, light_fence};
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::{hint, thread};
use std::fmt;

/// How often the owner looks again before it gives its processor away.
const SPINS: u32 = 64;

/// How many items are in a value, as others see it.
pub trait Len {
    /// The number of items.
    fn len(&self) -> usize;
}

/// See the head of this file.
pub struct Biased<T> {
    owner_in: AtomicBool,
    claimed: AtomicBool,
    len: AtomicUsize,
    value: UnsafeCell<T>,
}

// SAFETY: one thread at a time has the value (I1).
unsafe impl<T: Send> Send for Biased<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Biased<T> {}

impl<T: Len> Biased<T> {
    /// Wraps `value`. `filch_primitives::asymmetric::prepare` is to be called before threads share it.
    pub fn new(value: T) -> Self {
        Self {
            owner_in: AtomicBool::new(false),
            claimed: AtomicBool::new(false),
            len: AtomicUsize::new(value.len()),
            value: UnsafeCell::new(value),
        }
    }

    /// Lends the value to its owner.
    ///
    /// # Safety
    /// One thread at a time is the owner, each is synchronised with the one before, and `f` does not call
    /// this again.
    #[inline]
    pub unsafe fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // Ordering: Relaxed; the light fence orders it before the look at `claimed` (I1).
        self.owner_in.store(true, Ordering::Relaxed);
        light_fence();
        // Ordering: Acquire; pairs with the Release that ends a raid (I2). Weakened: model
        // `owner_meets_raider`.
        if self.claimed.load(Ordering::Acquire) {
            self.wait_for_the_raider();
        }
        let result = self.value.with_mut(|value| {
            // SAFETY: the owner is in and nobody has a claim (I1).
            self.lend(unsafe { &mut *value }, f)
        });
        // Ordering: Release; what we did comes before a raid that finds us out (I2). Weakened: model
        // `owner_meets_raider`.
        self.owner_in.store(false, Ordering::Release);
        result
    }

    #[inline]
    fn lend<R>(&self, value: &mut T, f: impl FnOnce(&mut T) -> R) -> R {
        let result = f(value);
        // Ordering: Relaxed; a hint.
        self.len.store(value.len(), Ordering::Relaxed);
        result
    }

    #[cold]
    fn wait_for_the_raider(&self) {
        let mut spins = 0;
        loop {
            // Ordering: Release; nothing was done inside, but the last time out has to stay published.
            self.owner_in.store(false, Ordering::Release);
            // Ordering: Relaxed; looked at again below.
            while self.claimed.load(Ordering::Relaxed) {
                spins += 1;
                if spins < SPINS { hint::spin_loop() } else { thread::yield_now() }
            }
            // Ordering: Relaxed; as in `with`.
            self.owner_in.store(true, Ordering::Relaxed);
            light_fence();
            // Ordering: Acquire; as in `with`.
            if !self.claimed.load(Ordering::Acquire) {
                return;
            }
        }
    }

    /// How many items there were when somebody last left.
    #[inline]
    pub fn len_hint(&self) -> usize {
        // Ordering: Relaxed; a hint.
        self.len.load(Ordering::Relaxed)
    }

    /// Lends the value to a thread that is not the owner, if the owner is out and no other raider is in.
    /// Costs some microseconds, also of the owner's time.
    pub fn raid<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        // Ordering: Acquire; pairs with the Release that ends another raid (I2). Weakened: model
        // `two_raiders`.
        let claim =
            self.claimed.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
        if claim.is_err() {
            return None;
        }
        // Ends the raid, also should `f` panic.
        let _claim = Claim(&self.claimed);
        if !heavy_fence() {
            return None;
        }
        // Ordering: Acquire; pairs with the Release of the owner that went out (I2). Weakened: model
        // `owner_meets_raider`.
        if self.owner_in.load(Ordering::Acquire) {
            return None;
        }
        self.value.with_mut(|value| {
            // SAFETY: the claim is ours and the owner was out behind the fence, so that it sees the claim
            // before it goes in (I1).
            Some(self.lend(unsafe { &mut *value }, f))
        })
    }
}

struct Claim<'a>(&'a AtomicBool);

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        // Ordering: Release; what the raider did comes before whoever is in next (I2). Weakened: model
        // `owner_meets_raider`.
        self.0.store(false, Ordering::Release);
    }
}

impl<T: Len> fmt::Debug for Biased<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Biased").field("len", &self.len_hint()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    impl Len for Vec<u32> {
        fn len(&self) -> usize {
            Vec::len(self)
        }
    }

    #[test]
    fn a_raider_gets_in_while_the_owner_is_out_and_not_while_it_is_in() {
        let lock = Biased::new(vec![1]);
        // SAFETY: this thread is the owner.
        unsafe {
            lock.with(|value| {
                value.push(2);
                assert_eq!(lock.raid(Vec::pop), None);
            });
        }
        assert_eq!(lock.len_hint(), 2);
        assert_eq!(lock.raid(Vec::pop), Some(Some(2)));
    }

    #[test]
    fn owner_and_raiders_take_turns() {
        filch_primitives::asymmetric::prepare();
        let lock = Biased::new(Vec::new());
        let mut raided = 0;
        std::thread::scope(|scope| {
            let raiders: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let raids = (0..2_000).filter_map(|_| lock.raid(Vec::pop).flatten());
                        raids.count()
                    })
                })
                .collect();
            for n in 0..100_000 {
                // SAFETY: this thread is the only owner.
                unsafe { lock.with(|value| value.push(n)) };
            }
            for raider in raiders {
                raided += raider.join().expect("the raider ends well");
            }
        });
        assert_eq!(lock.raid(|value| value.len()), Some(100_000 - raided));
    }
}
