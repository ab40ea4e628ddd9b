//! # Memory of small things that come and go: what one leaves is there for the next
//!
//! An allocator is quick with a few blocks that come and go, and slow with many: what it keeps at hand for a thread is little,
//! and when many have been freed it returns their pages to the system, which gives them back one fault at a time. Tasks, and the
//! cells of what they tell each other, come and go by the million. So a thread that runs tasks keeps the blocks that it frees,
//! and is served from these first. It keeps no more than it has asked the allocator for, and 16 MiB at most: a thread that
//! frees what others allocate would only hoard. A block goes to whoever freed it, not back to where it came from: nothing
//! here is shared between threads.
//!
//! Blocks are of the sizes that malloc of a 64-bit glibc gives, lest they hold more there than they would without this. Other
//! threads, and values that are large or strictly aligned, get theirs from the allocator each time. Under loom all do, for its
//! threads are one thread, and under a sanitizer, which is to see whoever uses what was freed.
//!
//! ```
//! use filch_primitives::memory::{self, Keeping};
//! use std::alloc::Layout;
//!
//! let _keeping = Keeping::begin(); // this thread runs tasks from here on
//! let value = memory::allocate(Layout::new::<[u64; 4]>()).cast::<[u64; 4]>();
//! // SAFETY: for one value of this type, and nobody else's.
//! unsafe { value.write([1, 2, 3, 4]) };
//! // SAFETY: from `allocate`, holds a value, and nobody uses it afterwards.
//! unsafe { memory::drop_and_free(value) };
//! ```

use std::alloc::{self, Layout};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

/// How many bytes a thread keeps, at most.
const KEPT: usize = 16 << 20;

/// Sizes go up by this, and begin with [`SMALLEST`].
const STEP: usize = 16;
const SMALLEST: usize = 24;

/// How many sizes there are.
const KINDS: usize = 19;

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
    /// How many bytes that is.
    kept: Cell<usize>,
    /// How many bytes it may be: as many as the allocator has given this thread, and not more than the limit.
    may: Cell<usize>,
    /// Zero on a thread that is to keep none.
    limit: Cell<usize>,
    /// How many [`Keeping`] there are.
    scopes: Cell<usize>,
}

thread_local! {
    static HERE: Kept = const {
        Kept {
            blocks: [const { Cell::new(ptr::null_mut()) }; KINDS],
            kept: Cell::new(0),
            may: Cell::new(0),
            limit: Cell::new(0),
            scopes: Cell::new(0),
        }
    };
}

/// Which of the sizes does for `layout`.
const fn kind_of(layout: Layout) -> Option<usize> {
    if cfg!(any(filch_loom, filch_sanitized)) {
        return None;
    }
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

/// Memory for a value of `layout`; a failing allocator ends the process, as it does for a `Box`. See the [module](self) for an
/// example.
///
/// # Panics
/// If the layout is of no bytes.
#[inline(always)]
pub fn allocate(layout: Layout) -> NonNull<u8> {
    assert!(layout.size() > 0, "nothing to allocate: the value takes no memory");
    let Some(kind) = kind_of(layout) else { return from_system(layout) };
    match HERE.with(|here| here.take(kind)) {
        Some(block) => block.cast(),
        None => for_a_kind(kind),
    }
}

fn for_a_kind(kind: usize) -> NonNull<u8> {
    HERE.with(|here| here.may.set(here.limit.get().min(here.may.get() + size_of_kind(kind))));
    from_system(layout_of_kind(kind))
}

/// Drops a value and takes its memory back, also should its destructor panic. See the [module](self) for an example.
///
/// # Safety
/// The pointer is the one that [`allocate`] returned for the layout of a `T`, not one made from a reference: more than a `T` may be
/// behind it. A `T` is in it, which may be dropped on this thread, and nobody uses it any more.
#[inline]
pub unsafe fn drop_and_free<T>(value: NonNull<T>) {
    let _block = Freed(value);
    // SAFETY: by the caller's promise.
    unsafe { value.drop_in_place() };
}

/// Memory that is taken back when this is dropped.
struct Freed<T>(NonNull<T>);

impl<T> Drop for Freed<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the promise of `drop_and_free`, which is done with the value.
        unsafe { free(self.0.cast(), Layout::new::<T>()) };
    }
}

/// Takes memory back.
///
/// # Safety
/// It came from [`allocate`] with the same layout, and nobody uses it any more.
#[inline]
unsafe fn free(memory: NonNull<u8>, layout: Layout) {
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
    // SAFETY: not empty: `allocate` has looked.
    let memory = unsafe { alloc::alloc(layout) };
    NonNull::new(memory).unwrap_or_else(|| alloc::handle_alloc_error(layout))
}

impl Kept {
    #[inline]
    fn take(&self, kind: usize) -> Option<NonNull<Block>> {
        let block = NonNull::new(self.blocks[kind].get())?;
        // SAFETY: a block in the list is ours, and was written by `keep`.
        self.blocks[kind].set(unsafe { block.as_ref() }.next);
        self.kept.set(self.kept.get() - size_of_kind(kind));
        Some(block)
    }

    /// Whether it may be kept.
    ///
    /// # Safety
    /// The block is of this kind, and nobody else's.
    #[inline]
    unsafe fn keep(&self, block: NonNull<Block>, kind: usize) -> bool {
        let kept = self.kept.get() + size_of_kind(kind);
        if kept > self.may.get() {
            return false;
        }
        self.kept.set(kept);
        let next = self.blocks[kind].get();
        // SAFETY: by the caller's promise; every kind is large enough and aligned.
        unsafe { block.write(Block { next }) };
        self.blocks[kind].set(block.as_ptr());
        true
    }

    /// Gives blocks back, `count` at most, the largest first: they hold most, and the small ones come and go all the time.
    fn give_back(&self, count: usize) {
        let all = (0..KINDS)
            .rev()
            .flat_map(|kind| std::iter::from_fn(move || Some((kind, self.take(kind)?))));
        for (kind, block) in all.take(count) {
            self.may.set(self.may.get().saturating_sub(size_of_kind(kind)));
            // SAFETY: the allocator gave it for the layout of this kind, and it is in no list any more.
            unsafe { alloc::dealloc(block.as_ptr().cast(), layout_of_kind(kind)) };
        }
    }
}

/// The thread is about to sleep, and may not be wanted for long: gives some of what it keeps back.
///
/// ```
/// use filch_primitives::memory;
///
/// memory::rest(); // nothing is kept here, nothing happens
/// ```
pub fn rest() {
    HERE.with(|here| {
        here.give_back(GIVEN_BACK);
        // What it has asked for may have ended elsewhere, and is not counted for ever.
        here.may.set(here.may.get().midpoint(here.kept.get()));
    });
}

/// While it lives, this thread keeps what it frees; the end of the last one gives everything back, so one that is forgotten
/// leaks up to 16 MiB when the thread ends. See the [module](self) for an example.
#[derive(Debug)]
#[must_use = "the thread keeps memory while this lives"]
pub struct Keeping {
    not_send: PhantomData<*const ()>,
}

impl Keeping {
    /// This thread runs tasks from here on. See the [module](self) for an example.
    pub fn begin() -> Self {
        HERE.with(|here| {
            here.scopes.set(here.scopes.get() + 1);
            here.limit.set(KEPT);
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
                here.may.set(0);
                here.limit.set(0);
            }
        });
    }
}

#[cfg(all(test, not(filch_loom), not(filch_sanitized)))]
mod tests {
    use super::*;

    fn kept() -> usize {
        HERE.with(|here| here.kept.get())
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
    fn memory_comes_back_when_the_destructor_panics() {
        struct Panics([u64; 4]);
        impl Drop for Panics {
            fn drop(&mut self) {
                std::panic::resume_unwind(Box::new(self.0[0]));
            }
        }
        let _keeping = Keeping::begin();
        let value = allocate(Layout::new::<Panics>()).cast::<Panics>();
        // SAFETY: for one value of this type, and nobody else's.
        unsafe { value.write(Panics([7; 4])) };
        let dropped = std::panic::catch_unwind(|| {
            // SAFETY: from `allocate`, and not used any more.
            unsafe { drop_and_free(value) };
        });
        assert_eq!(*dropped.unwrap_err().downcast::<u64>().unwrap(), 7);
        assert_eq!(kept(), 40);
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
    fn what_others_have_allocated_is_not_kept() {
        let layout = Layout::from_size_align(80, 8).unwrap();
        let outside = |count: usize| -> Vec<usize> {
            let thread = crate::thread::spawn(move || {
                (0..count).map(|_| allocate(layout).expose_provenance().get()).collect()
            });
            thread.join().unwrap()
        };
        let _keeping = Keeping::begin();
        let mine = allocate(layout);
        for address in outside(10) {
            let memory = NonNull::new(ptr::with_exposed_provenance_mut(address)).unwrap();
            // SAFETY: of this layout, and not used any more.
            unsafe { free(memory, layout) };
        }
        assert_eq!(kept(), 88, "as much as this thread has allocated");
        // SAFETY: as above.
        unsafe { free(mine, layout) };
        assert_eq!(kept(), 88);
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
