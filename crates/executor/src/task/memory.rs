//! # Memory of tasks: what ended tasks leave is there for new ones
//!
//! An allocator is quick with a few blocks that come and go, and slow with many: what it keeps at hand for a thread is little,
//! and when many tasks have ended it returns their pages to the system, which gives them back one fault at a time. So a
//! thread that runs tasks keeps the blocks that it frees, up to [`KEPT`] bytes, and serves the next spawns from these. A block goes to
//! whoever freed it, not back to where it came from: nothing here is shared between threads.
//!
//! Blocks are of the sizes that malloc gives, lest they hold more than they would without this. Other threads, and
//! tasks that are large or strictly aligned, get theirs from the allocator each time.

use std::alloc::{self, Layout};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

/// How many bytes a thread keeps.
const KEPT: usize = 16 << 20;

/// Sizes go up by this, and begin with [`SMALLEST`].
const STEP: usize = 16;
const SMALLEST: usize = 72;

/// How many sizes there are.
const KINDS: usize = 16;

/// How many blocks are given back when the thread is about to sleep: as many as take some microseconds.
const GIVEN_BACK: usize = 256;

/// Alignment of every block of these sizes.
const ALIGN: usize = 8;

/// A block that nobody uses.
struct Block {
    next: *mut Block,
}

struct Kept {
    blocks: [Cell<*mut Block>; KINDS],
    /// How many bytes more may be kept; none on a thread that keeps none.
    room: Cell<usize>,
    /// How many [`Keeping`] there are.
    scopes: Cell<usize>,
}

thread_local! {
    static HERE: Kept = const {
        Kept {
            blocks: [const { Cell::new(ptr::null_mut()) }; KINDS],
            room: Cell::new(0),
            scopes: Cell::new(0),
        }
    };
}

/// Which of the sizes does for `layout`.
const fn kind_of(layout: Layout) -> Option<usize> {
    let kind = layout.size().saturating_sub(SMALLEST).div_ceil(STEP);
    if layout.align() <= ALIGN && kind < KINDS { Some(kind) } else { None }
}

const fn size_of_kind(kind: usize) -> usize {
    SMALLEST + kind * STEP
}

const fn layout_of_kind(kind: usize) -> Layout {
    match Layout::from_size_align(size_of_kind(kind), ALIGN) {
        Ok(layout) => layout,
        Err(_) => panic!("the sizes are small"),
    }
}

/// Memory for a value of `layout`, which is not empty.
#[inline(always)]
pub(super) fn allocate(layout: Layout) -> NonNull<u8> {
    let Some(kind) = kind_of(layout) else { return from_system(layout) };
    let kept = HERE.with(|here| here.take(kind));
    match kept {
        Some(block) => block.cast(),
        None => from_system(layout_of_kind(kind)),
    }
}

/// Takes memory back.
///
/// # Safety
/// It came from [`allocate`] with the same layout, and nobody uses it any more.
#[inline]
pub(super) unsafe fn free(memory: NonNull<u8>, layout: Layout) {
    let Some(kind) = kind_of(layout) else {
        // SAFETY: `allocate` asked the allocator for this layout.
        return unsafe { alloc::dealloc(memory.as_ptr(), layout) };
    };
    let is_kept = HERE.with(|here| {
        // SAFETY: nobody uses the memory, which is of this kind.
        unsafe { here.keep(memory.cast(), kind) }
    });
    if !is_kept {
        // SAFETY: `allocate` asked the allocator for the layout of this kind, now or before the block was kept.
        unsafe { alloc::dealloc(memory.as_ptr(), layout_of_kind(kind)) };
    }
}

#[inline]
fn from_system(layout: Layout) -> NonNull<u8> {
    // SAFETY: no task is empty: it has a header.
    let memory = unsafe { alloc::alloc(layout) };
    NonNull::new(memory).unwrap_or_else(|| alloc::handle_alloc_error(layout))
}

impl Kept {
    #[inline]
    fn take(&self, kind: usize) -> Option<NonNull<Block>> {
        let block = NonNull::new(self.blocks[kind].get())?;
        // SAFETY: a block in the list is ours, and was written by `keep`.
        self.blocks[kind].set(unsafe { block.as_ref() }.next);
        self.room.set(self.room.get() + size_of_kind(kind));
        Some(block)
    }

    /// Whether there was room for it.
    ///
    /// # Safety
    /// The block is of this kind, and nobody else's.
    #[inline]
    unsafe fn keep(&self, block: NonNull<Block>, kind: usize) -> bool {
        let Some(room) = self.room.get().checked_sub(size_of_kind(kind)) else { return false };
        self.room.set(room);
        let next = self.blocks[kind].get();
        // SAFETY: by the caller's promise; every kind is large enough and aligned.
        unsafe { block.write(Block { next }) };
        self.blocks[kind].set(block.as_ptr());
        true
    }

    /// Gives blocks back, `limit` at most.
    fn give_back(&self, limit: usize) {
        let mut left = limit;
        for kind in 0..KINDS {
            while left > 0 {
                let Some(block) = self.take(kind) else { break };
                // SAFETY: the allocator gave it for the layout of this kind, and it is in no list any more.
                unsafe { alloc::dealloc(block.as_ptr().cast(), layout_of_kind(kind)) };
                left -= 1;
            }
        }
    }
}

/// The thread is about to sleep, and may not be wanted for long.
pub(crate) fn rest() {
    HERE.with(|here| here.give_back(GIVEN_BACK));
}

/// While it lives, this thread keeps the memory of tasks that end on it.
pub(crate) struct Keeping {
    not_send: PhantomData<*const ()>,
}

impl Keeping {
    pub(crate) fn begin() -> Self {
        HERE.with(|here| {
            here.scopes.set(here.scopes.get() + 1);
            // loom's threads are one thread, and a sanitizer is to see whoever uses what was freed.
            if here.scopes.get() == 1 && !cfg!(any(filch_loom, filch_sanitized)) {
                here.room.set(KEPT);
            }
        });
        Self { not_send: PhantomData }
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        HERE.with(|here| {
            here.scopes.set(here.scopes.get() - 1);
            if here.scopes.get() == 0 {
                here.give_back(usize::MAX);
                here.room.set(0);
            }
        });
    }
}

#[cfg(all(test, not(filch_loom), not(filch_sanitized)))]
mod tests {
    use super::*;

    fn kept() -> usize {
        HERE.with(|here| KEPT - here.room.get())
    }

    fn round(layout: Layout) -> NonNull<u8> {
        let memory = allocate(layout);
        // SAFETY: just allocated.
        unsafe { memory.write_bytes(7, layout.size()) };
        // SAFETY: of this layout, and not used any more.
        unsafe { free(memory, layout) };
        memory
    }

    #[test]
    fn what_was_freed_last_is_there_for_the_next_of_its_size() {
        let _keeping = Keeping::begin();
        let layout = |size| Layout::from_size_align(size, 8).unwrap();
        let first = round(layout(80));
        assert_eq!(round(layout(88)), first, "of one kind");
        assert_eq!(kept(), 88);
        assert_ne!(round(layout(96)), first, "of the next kind");
        assert_eq!(kept(), 88 + 104);
        rest();
        assert_eq!(kept(), 0);
    }

    #[test]
    fn large_and_strictly_aligned_blocks_are_not_kept() {
        let _keeping = Keeping::begin();
        for (size, align) in [(80, 16), (80, 64), (313, 8), (100_000, 8)] {
            round(Layout::from_size_align(size, align).unwrap());
        }
        assert_eq!(kept(), 0);
        round(Layout::from_size_align(312, 8).unwrap());
        assert_eq!(kept(), 312);
    }

    #[test]
    fn no_more_is_kept_than_the_limit_and_nothing_outside_of_a_scope() {
        let layout = Layout::from_size_align(312, 8).unwrap();
        round(layout);
        assert!(HERE.with(|here| here.blocks.iter().all(|list| list.get().is_null())));
        let outer = Keeping::begin();
        let all: Vec<_> = (0..=KEPT / 312).map(|_| allocate(layout)).collect();
        for memory in all {
            // SAFETY: of this layout, and not used any more.
            unsafe { free(memory, layout) };
        }
        assert!(kept() <= KEPT && kept() > KEPT - 312);
        drop(Keeping::begin());
        assert!(kept() > 0, "the outer scope goes on");
        drop(outer);
        assert!(HERE.with(|here| here.blocks.iter().all(|list| list.get().is_null())));
    }

    #[test]
    fn sizes_are_those_that_the_allocator_gives() {
        for size in SMALLEST..=312 {
            let kind = kind_of(Layout::from_size_align(size, 8).unwrap()).unwrap();
            let given = size_of_kind(kind);
            assert!((size..size + STEP).contains(&given) && given % STEP == 8, "{size}: {given}");
        }
    }
}
