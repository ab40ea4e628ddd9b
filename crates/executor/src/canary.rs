//! For the models: what a scheduler's users read and its end writes, so that loom reports a use that nothing orders before
//! the end.

use filch_primitives::cell::UnsafeCell;

/// A part of what must outlive its users.
pub(crate) struct Canary(UnsafeCell<bool>);

// SAFETY: what the models are about: loom reports an access that nothing orders.
unsafe impl Send for Canary {}
// SAFETY: as above.
unsafe impl Sync for Canary {}

impl Canary {
    pub(crate) fn new() -> Self {
        Self(UnsafeCell::new(true))
    }

    /// By a user.
    pub(crate) fn touch(&self) {
        self.0.with(|lives| {
            // SAFETY: as above.
            assert!(unsafe { *lives }, "used after its end");
        });
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.0.with_mut(|lives| {
            // SAFETY: as above.
            unsafe { *lives = false };
        });
    }
}
