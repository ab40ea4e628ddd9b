//! The entries of a wheel: one vector, links of 32 bits, keys that notice reuse.

use std::fmt;

/// No entry: the end of the free list, the head of an empty list.
pub(crate) const NIL: u32 = u32::MAX;

/// Names one entry of one [`Wheel`](crate::Wheel); stale as soon as the entry expired or was removed.
///
/// A key is an index and the generation of that index, which changes whenever the entry goes. A
/// stale key is taken for a fresh one only if its index was reused 2^32 times in the meantime.
///
/// ```
/// use filch_timer_wheel::Wheel;
///
/// let mut wheel: Wheel<char> = Wheel::new();
/// let stale = wheel.insert(5, 'a');
/// wheel.remove(stale);
/// let fresh = wheel.insert(5, 'b');
/// assert_ne!(stale, fresh);
/// assert_eq!(wheel.get(stale), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    index: u32,
    generation: u32,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}#{})", self.index, self.generation)
    }
}

/// One entry: a member of exactly one circular, doubly linked list, or of the free list.
#[derive(Debug)]
struct Entry<T> {
    prev: u32,
    /// In the free list: the next free entry.
    next: u32,
    deadline: u64,
    generation: u32,
    list: u16,
    /// `None` in the free list only.
    payload: Option<T>,
}

/// All entries of a wheel, and the links between them.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    entries: Vec<Entry<T>>,
    free: u32,
    len: usize,
}

impl<T> Slab<T> {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new(), free: NIL, len: 0 }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Stores an entry that is not linked yet.
    pub(crate) fn insert(&mut self, deadline: u64, payload: T) -> u32 {
        self.len += 1;
        let index = self.free;
        if let Some(entry) = self.entries.get_mut(index as usize) {
            self.free = entry.next;
            entry.deadline = deadline;
            entry.payload = Some(payload);
            return index;
        }
        let index = u32::try_from(self.entries.len()).unwrap_or(NIL);
        assert!(index != NIL, "a timer wheel holds at most 2^32 - 1 entries at once");
        self.entries.push(Entry {
            prev: NIL,
            next: NIL,
            deadline,
            generation: 0,
            list: 0,
            payload: Some(payload),
        });
        index
    }

    /// Takes out an entry that is not linked any more; its keys are stale from here on.
    pub(crate) fn release(&mut self, index: u32) -> T {
        let entry = &mut self.entries[index as usize];
        entry.generation = entry.generation.wrapping_add(1);
        entry.next = self.free;
        self.free = index;
        self.len -= 1;
        entry.payload.take().expect("an entry outside the free list has its payload")
    }

    pub(crate) fn key(&self, index: u32) -> Key {
        Key { index, generation: self.entries[index as usize].generation }
    }

    /// The index behind `key`, unless the key is stale.
    #[inline]
    pub(crate) fn find(&self, key: Key) -> Option<u32> {
        let entry = self.entries.get(key.index as usize)?;
        (entry.generation == key.generation && entry.payload.is_some()).then_some(key.index)
    }

    pub(crate) fn payload(&self, index: u32) -> Option<&T> {
        self.entries[index as usize].payload.as_ref()
    }

    pub(crate) fn payload_mut(&mut self, index: u32) -> Option<&mut T> {
        self.entries[index as usize].payload.as_mut()
    }

    pub(crate) fn deadline(&self, index: u32) -> u64 {
        self.entries[index as usize].deadline
    }

    pub(crate) fn set_deadline(&mut self, index: u32, deadline: u64) {
        self.entries[index as usize].deadline = deadline;
    }

    /// The deadlines in the list that starts at `head`.
    pub(crate) fn deadlines(&self, head: u32) -> impl Iterator<Item = u64> {
        let mut next = head;
        std::iter::from_fn(move || {
            let entry = self.entries.get(next as usize)?;
            next = if entry.next == head { NIL } else { entry.next };
            Some(entry.deadline)
        })
    }

    /// The list that a linked entry is in.
    pub(crate) fn list(&self, index: u32) -> u16 {
        self.entries[index as usize].list
    }

    /// Appends an unlinked entry to the list that starts at `head`.
    #[inline]
    pub(crate) fn push_back(&mut self, head: &mut u32, list: u16, index: u32) {
        let (prev, next) = if *head == NIL {
            *head = index;
            (index, index)
        } else {
            let first = &mut self.entries[*head as usize];
            let last = first.prev;
            first.prev = index;
            self.entries[last as usize].next = index;
            (last, *head)
        };
        let entry = &mut self.entries[index as usize];
        entry.prev = prev;
        entry.next = next;
        entry.list = list;
    }

    /// As [`push_back`](Self::push_back), before the others.
    #[inline]
    pub(crate) fn push_front(&mut self, head: &mut u32, list: u16, index: u32) {
        self.push_back(head, list, index);
        // The list is a circle.
        *head = index;
    }

    /// The last entry of the list that starts at `head`, which has one.
    #[inline]
    pub(crate) fn last(&self, head: u32) -> u32 {
        self.entries[head as usize].prev
    }

    /// Takes a linked entry out of the list that starts at `head`.
    #[inline]
    pub(crate) fn unlink(&mut self, head: &mut u32, index: u32) {
        let Entry { prev, next, .. } = self.entries[index as usize];
        if next == index {
            *head = NIL;
            return;
        }
        self.entries[prev as usize].next = next;
        self.entries[next as usize].prev = prev;
        if *head == index {
            *head = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NIL, Slab};

    #[test]
    fn an_entry_with_a_waker_takes_40_bytes() {
        assert_eq!(size_of::<super::Entry<std::task::Waker>>(), 40);
    }

    #[test]
    fn a_key_is_stale_once_its_index_is_reused() {
        let mut slab = Slab::new();
        let first = slab.insert(1, 'a');
        let key = slab.key(first);
        assert_eq!(slab.find(key), Some(first));
        assert_eq!(slab.release(first), 'a');
        assert_eq!(slab.find(key), None);
        let second = slab.insert(2, 'b');
        assert_eq!(second, first, "the free index is used again");
        assert_eq!(slab.find(key), None);
        assert_eq!(slab.len(), 1);
    }

    #[test]
    fn a_list_keeps_its_order_whatever_is_unlinked() {
        let mut slab = Slab::new();
        let mut head = NIL;
        let indices: Vec<u32> = (0..5).map(|n| slab.insert(n, n)).collect();
        for &index in &indices {
            slab.push_back(&mut head, 7, index);
        }
        slab.unlink(&mut head, indices[0]);
        slab.unlink(&mut head, indices[2]);
        slab.unlink(&mut head, indices[4]);
        let mut left = Vec::new();
        while head != NIL {
            let index = head;
            assert_eq!(slab.list(index), 7);
            slab.unlink(&mut head, index);
            left.push(slab.release(index));
        }
        assert_eq!(left, [1, 3]);
    }
}
