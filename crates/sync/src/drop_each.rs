//! Dropping what others put in, one by one.

use filch_primitives::{catch_quietly, thread};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Drops what `next` gives until it gives no more. A destructor that panics does not keep the others from being
/// dropped: the first panic goes on afterwards, unless one is under way already.
pub(crate) fn drop_each<T>(mut next: impl FnMut() -> Option<T>) {
    let mut first = None;
    while let Some(value) = next() {
        if first.is_some() {
            catch_quietly(|| drop(value));
        } else {
            first = catch_unwind(AssertUnwindSafe(|| drop(value))).err();
        }
    }
    match first {
        Some(payload) if thread::panicking() => catch_quietly(|| drop(payload)),
        Some(payload) => resume_unwind(payload),
        None => {}
    }
}
