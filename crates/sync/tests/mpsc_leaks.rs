//! What a channel allocates it frees, wherever in a block its last message and its end come to lie.

use filch_sync::mpsc;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts for each thread by itself: the harness has threads too.
struct Counting;

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: everything is left to `System`; the count is on the side.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.set(LIVE.get() + 1);
        // SAFETY: by the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        LIVE.set(LIVE.get() - 1);
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many allocations are left of a channel through which so many messages went, of which so many were received.
fn left(messages: usize, received: usize) -> isize {
    let before = LIVE.get();
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
    LIVE.get() - before
}

#[test]
fn nothing_is_left_of_a_channel_whatever_its_length() {
    for messages in 0..200 {
        for received in [0, messages / 2, messages] {
            assert_eq!(left(messages, received), 0, "{messages} messages, {received} received");
        }
    }
}
