//! # Loom models of the protocol files that ship in Filch
//!
//! `tests/<protocol>.rs` explores the protocol file of that name, the very one that ships: the crates
//! re-export them as `model` under `--cfg filch_loom`. `tests/canaries.rs` shows that a fault would be
//! noticed, `tests/all_models.rs` makes the models part of `cargo test --workspace`, and `mutations`
//! weakens the protocols, one ordering at a time, to see a model fail. `docs/testing.md` says how to run
//! all of this.
//!
//! A run that checks nothing must not pass, so this crate does not compile when the models were asked
//! for (`FILCH_LOOM` is set) and the cfg is off, nor when the protocols are built on anything but loom.

#[cfg(not(filch_loom))]
const _: () = assert!(
    option_env!("FILCH_LOOM").is_none(),
    "the models were asked for, but `--cfg filch_loom` is off: does a RUSTFLAGS of the environment \
     replace the one of `cargo loom`?"
);

#[cfg(filch_loom)]
mod explore;
#[cfg(filch_loom)]
pub use explore::{Outcomes, explore, explore_with, explore_within};

/// Type-checks only if what the protocols are built on is loom's.
#[cfg(filch_loom)]
const _: () = {
    fn _atomic(theirs: filch_primitives::atomic::AtomicUsize) -> loom::sync::atomic::AtomicUsize {
        theirs
    }
    fn _cell(theirs: filch_primitives::cell::UnsafeCell<u8>) -> loom::cell::UnsafeCell<u8> {
        theirs
    }
    fn _arc(theirs: filch_primitives::sync::Arc<u8>) -> loom::sync::Arc<u8> {
        theirs
    }
};
