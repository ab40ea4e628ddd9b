//! The macros that wait for several futures on one task.
//!
//! They are exported at the root of the crate, and so is what their expansions need: [`support`].

mod join;
#[cfg(doctest)]
mod misuse;
mod pin;
mod select;
#[doc(hidden)]
pub mod support;
mod try_join;
