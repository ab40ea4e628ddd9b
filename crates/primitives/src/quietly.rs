//! Other people's code inside of ours: what a panic out of it comes to.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `f` - a waker, a destructor, a hook - whose panic must not end the caller, and ends it here;
/// the panic hook has reported it.
///
/// The payload is dropped. Should that panic too, it was reported as well, and what it panicked with is
/// leaked: it might go on like that for ever.
///
/// ```
/// filch_primitives::catch_quietly(|| panic!("printed, and over"));
/// ```
pub fn catch_quietly(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        drop_quietly(payload);
    }
}

fn drop_quietly(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;
    use std::panic::panic_any;
    use std::sync::Arc;

    #[test]
    fn the_payload_is_dropped() {
        let payload = Arc::new(());
        let theirs = payload.clone();
        catch_quietly(move || panic_any(theirs));
        assert_eq!(Arc::strong_count(&payload), 1);
    }

    #[test]
    fn a_payload_that_panics_when_dropped_and_whose_payload_does_so_too_is_survived() {
        struct Hydra;

        impl Drop for Hydra {
            fn drop(&mut self) {
                panic_any(Self);
            }
        }

        catch_quietly(|| panic_any(Hydra));
    }
}
