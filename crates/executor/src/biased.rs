//! # Biased lock: its owner goes in and out for almost nothing, any other thread gets in while the owner is out
//!
//! For what a worker uses all the time and others need only when that worker is stuck. Who finds nothing there can hang
//! a bell on the door, which the owner rings when it next goes in.
//!
//! ## Layout
//! * `owner_in`: whether the owner is inside, or on its way in.
//! * `door`: FREE; CLAIMED while another thread is inside, or trying to be; or BELL.
//! * `len`: how many items there were when somebody last left; a hint.
//!
//! ## Roles
//! * owner: one thread at a time, `with`; the role passes on by a synchronisation of the callers' own.
//! * raider: any thread: `raid`, `watch`.
//!
//! ## States
//! | `owner_in` | `door` | who may touch the value |
//! |---|---|---|
//! | yes | FREE | the owner |
//! | yes | BELL | the owner, once it has taken the bell down |
//! | no | FREE or BELL | nobody |
//! | no | CLAIMED | the raider, once it has found the owner out behind its heavy fence |
//! | yes | CLAIMED | the owner if it was in first; then the raider gives up |
//!
//! ## Transitions
//! 1. `with`: writes in, light fence, looks at the door; if it is CLAIMED, writes out again and waits until it
//!    is not; if there is a BELL, takes it down, and rings at the end. Writes out at the end.
//! 2. `raid`: FREE or BELL -> CLAIMED, or gives up; heavy fence; looks at `owner_in`; if it is set, gives up. The door is at
//!    the end as it was before.
//! 3. `watch`: as `raid`, but hangs the BELL at the end if there was nothing inside.
//!
//! ## Invariants
//! * I1: one thread at a time has the value; model `owner_meets_raider`, `two_raiders` (loom's cell).
//! * I2: whoever has it sees what the one before did to it; the same models.
//! * I3: after a `watch` that hung the bell, the owner rings before anything is inside again; model `owner_meets_watcher`.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | light fence in `with` | asymmetric | heavy fence in `claim` | both look before the other has written, and both go in (I1), or the bell is not seen (I3) |
//! | heavy fence in `claim` | asymmetric | light fence in `with` | the same |
//! | store of out in `with` | Release | load of `owner_in` in `claim` | the raider does not see what the owner did (I2) |
//! | load of `owner_in` in `claim` | Acquire | the store of out | the same |
//! | store that ends a claim | Release | load of the door in `with`, exchange in `claim` | the next one in does not see what the raider did (I2) |
//! | exchange in `claim` | Acquire | the store that ends another claim | the same between two raiders, but for the heavy fence |
//! | load of the door in `with` | Acquire | the store that ends a claim | the same |
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
//! `loom-tests/tests/biased.rs`: `owner_meets_raider`, `two_raiders`, `owner_meets_watcher`. loom's half of the fences are two
//! `SeqCst` fences, so that the pair is one in the kernel's own words (`membarrier(2)`) is believed.

use filch_primitives::asymmetric::{heavy_fence, light_fence};
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::{hint, thread};
use std::fmt;

/// How often the owner looks again before it gives its processor away.
const SPINS: u32 = 64;

/// Nobody but the owner is inside or on the way in.
const FREE: usize = 0;
/// Somebody else is, or tries to be.
const CLAIMED: usize = 1;
/// As FREE, and the owner is to ring.
const BELL: usize = 2;

/// How many items are in a value, as others see it.
pub trait Len {
    /// The number of items.
    fn len(&self) -> usize;
}

/// See the head of this file.
pub struct Biased<T> {
    owner_in: AtomicBool,
    door: AtomicUsize,
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
            door: AtomicUsize::new(FREE),
            len: AtomicUsize::new(value.len()),
            value: UnsafeCell::new(value),
        }
    }

    /// Lends the value to its owner, and calls `ring` afterwards if there was a bell on the door.
    ///
    /// # Safety
    /// One thread at a time is the owner, each is synchronised with the one before, and `f` does not call
    /// this again.
    #[inline(always)]
    pub unsafe fn with<R>(&self, f: impl FnOnce(&mut T) -> R, ring: impl FnOnce()) -> R {
        // Ordering: Relaxed; the light fence orders it before the look at the door (I1).
        self.owner_in.store(true, Ordering::Relaxed);
        light_fence();
        // Ordering: Acquire; pairs with the Release that ends a raid (I2). Weakened: model
        // `owner_meets_raider`.
        let rings = self.door.load(Ordering::Acquire) != FREE && self.clear_the_door();
        // One call, so that it is inlined: what it captures would else be written and read back at once, in pieces of
        // another size, for which a processor waits.
        let result = self.value.with_mut(|value| {
            // SAFETY: the owner is in and nobody has a claim (I1).
            self.lend(unsafe { &mut *value }, f)
        });
        // Ordering: Release; what we did comes before a raid that finds us out (I2). Weakened: model
        // `owner_meets_raider`.
        self.owner_in.store(false, Ordering::Release);
        if rings {
            ring();
        }
        result
    }

    #[inline(always)]
    fn lend<R>(&self, value: &mut T, f: impl FnOnce(&mut T) -> R) -> R {
        let result = f(value);
        // Ordering: Relaxed; a hint.
        self.len.store(value.len(), Ordering::Relaxed);
        result
    }

    /// The owner is in and the door was not FREE: makes it so. Whether there was a bell.
    #[cold]
    fn clear_the_door(&self) -> bool {
        let mut spins = 0;
        loop {
            // Ordering: Acquire; as in `with`. Relaxed on failure: looked at again.
            let taken_down =
                self.door.compare_exchange(BELL, FREE, Ordering::Acquire, Ordering::Relaxed);
            if taken_down.is_ok() {
                return true;
            }
            // Ordering: Acquire; as in `with`.
            if self.door.load(Ordering::Acquire) == FREE {
                return false;
            }
            // Ordering: Release; nothing was done inside, but the last time out has to stay published.
            self.owner_in.store(false, Ordering::Release);
            // Ordering: Relaxed; looked at again above.
            while self.door.load(Ordering::Relaxed) == CLAIMED {
                spins += 1;
                if spins < SPINS { hint::spin_loop() } else { thread::yield_now() }
            }
            // Ordering: Relaxed; as in `with`.
            self.owner_in.store(true, Ordering::Relaxed);
            light_fence();
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
        let _claim = self.claim()?;
        self.value.with_mut(|value| {
            // SAFETY: the claim is ours and the owner was out behind the fence, so that it sees the claim
            // before it goes in (I1).
            Some(self.lend(unsafe { &mut *value }, f))
        })
    }

    /// Hangs the bell if the value is empty and `and` holds as well; whether the bell hangs. It may not although it could:
    /// because the owner is in, or another raider. Costs as much as a raid.
    pub fn watch(&self, and: impl FnOnce() -> bool) -> bool {
        // Ordering: Relaxed; who takes it down rings, whenever that is (I3).
        if self.door.load(Ordering::Relaxed) == BELL {
            return true;
        }
        let Some(mut claim) = self.claim() else { return false };
        // SAFETY: as in `raid`.
        let is_empty = self.value.with(|value| unsafe { &*value }.len() == 0);
        let hangs = is_empty && and();
        if hangs {
            claim.leaves = BELL;
        }
        hangs
    }

    /// Keeps the owner out until it is dropped; `None` if the owner is in, or another raider.
    fn claim(&self) -> Option<Claim<'_>> {
        // Ordering: Relaxed; the exchange decides.
        let before = self.door.load(Ordering::Relaxed);
        if before == CLAIMED {
            return None;
        }
        // Ordering: Acquire; pairs with the Release that ended another raid (I2). The heavy fence would do, but only the kernel
        // and we know that. Without both: model `two_raiders`.
        self.door.compare_exchange(before, CLAIMED, Ordering::Acquire, Ordering::Relaxed).ok()?;
        // Ends the claim, also should the raider panic. A bell that hung before is still to be rung.
        let claim = Claim { door: &self.door, leaves: before };
        if !heavy_fence() {
            return None;
        }
        // Ordering: Acquire; pairs with the Release of the owner that went out (I2). Weakened: model
        // `owner_meets_raider`.
        (!self.owner_in.load(Ordering::Acquire)).then_some(claim)
    }
}

struct Claim<'a> {
    door: &'a AtomicUsize,
    leaves: usize,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        // Ordering: Release; what the raider did comes before whoever is in next (I2). Weakened: model
        // `owner_meets_raider`.
        self.door.store(self.leaves, Ordering::Release);
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
            lock.with(
                |value| {
                    value.push(2);
                    assert_eq!(lock.raid(Vec::pop), None);
                },
                || unreachable!("nobody hung a bell"),
            );
        }
        assert_eq!(lock.len_hint(), 2);
        assert_eq!(lock.raid(Vec::pop), Some(Some(2)));
    }

    #[test]
    fn a_bell_hangs_where_nothing_is_and_is_rung_once() {
        let lock = Biased::new(vec![1]);
        assert!(!lock.watch(|| true), "there is something inside");
        assert_eq!(lock.raid(Vec::pop), Some(Some(1)));
        assert!(!lock.watch(|| false));
        assert!(lock.watch(|| true));
        assert_eq!(lock.raid(Vec::pop), Some(None), "a raid leaves it there");
        assert!(lock.watch(|| unreachable!("it hangs")));
        let mut rung = 0;
        for n in 0..2 {
            // SAFETY: this thread is the owner.
            unsafe { lock.with(|value| value.push(n), || rung += 1) };
        }
        assert_eq!(rung, 1);
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
                unsafe { lock.with(|value| value.push(n), || ()) };
            }
            for raider in raiders {
                raided += raider.join().expect("the raider ends well");
            }
        });
        assert_eq!(lock.raid(|value| value.len()), Some(100_000 - raided));
    }
}
