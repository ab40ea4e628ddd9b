//! Fences of unequal price: nearly free for the side that runs often, dear for the side that runs rarely.

use core::sync::atomic::{AtomicBool, Ordering, compiler_fence, fence};

/// Whether the kernel makes [`heavy_fence`] reach every thread of the process, so that
/// [`light_fence`] need not be an instruction. A property of the process, like the kernel it runs on.
static REACHES_ALL: AtomicBool = AtomicBool::new(false);

/// Asks the kernel for heavy fences that reach every thread. To be called before the threads are started
/// that will use the fences; without it, and where the kernel does not know how, both are full fences.
pub fn prepare() {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{MembarrierCommand, membarrier};
        if membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok() {
            // Ordering: Release; whoever sees it finds the process registered.
            REACHES_ALL.store(true, Ordering::Release);
        }
    }
}

/// Orders what this thread wrote before against what it reads after, towards a [`heavy_fence`] of another
/// thread, and only towards that.
#[inline(always)]
pub fn light_fence() {
    // Ordering: Relaxed; see `prepare`: it does not change while the fences are in use.
    if REACHES_ALL.load(Ordering::Relaxed) {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// As a `SeqCst` fence, also towards every [`light_fence`]: costs a system call and an interruption of
/// the process's other threads, some microseconds.
///
/// `false` if the kernel refused, as under a sandbox that was put up meanwhile: then nothing is ordered.
#[must_use = "a fence that was refused orders nothing"]
pub fn heavy_fence() -> bool {
    fence(Ordering::SeqCst);
    // Ordering: Acquire; pairs with the Release in `prepare`.
    #[cfg(target_os = "linux")]
    if REACHES_ALL.load(Ordering::Acquire) {
        use rustix::thread::{MembarrierCommand, membarrier};
        return membarrier(MembarrierCommand::PrivateExpedited).is_ok();
    }
    true
}
