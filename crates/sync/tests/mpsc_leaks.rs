//! What a channel allocates it frees, wherever in a block its last message and its end come to lie.
//!
//! One test, alone in its binary: the allocator counts for the whole process.

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_sync::mpsc;
use std::alloc::{GlobalAlloc, Layout, System};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is left to `System`; the count is on the side.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Ordering: Relaxed; a mere count.
        LIVE.fetch_add(1, Ordering::Relaxed);
        // SAFETY: by the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // Ordering: Relaxed; as above.
        LIVE.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many allocations are left of a channel through which so many messages went, of which so many were received.
fn left(messages: usize, received: usize) -> usize {
    // Ordering: Relaxed; one thread.
    let before = LIVE.load(Ordering::Relaxed);
    let (sender, mut receiver) = mpsc::unbounded_channel();
    for message in 0..messages {
        sender.send(message).unwrap();
    }
    drop(sender);
    for message in 0..received {
        assert_eq!(receiver.try_recv(), Ok(message));
    }
    if received == messages {
        assert!(receiver.try_recv().is_err(), "the end is seen");
    }
    drop(receiver);
    // Ordering: Relaxed; as above.
    LIVE.load(Ordering::Relaxed) - before
}

#[test]
fn nothing_is_left_of_a_channel_whatever_its_length() {
    for messages in 0..200 {
        for received in [0, messages / 2, messages] {
            assert_eq!(left(messages, received), 0, "{messages} messages, {received} received");
        }
    }
}
