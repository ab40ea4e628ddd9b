//! The sources of one driver: slots in pages that stay where they are as long as the driver lives.
//!
//! An event finds its slot by the index in its key, without a lock and without a count of references:
//! pages are only ever added. A key also carries the slot's generation, so that an event of a source
//! that is gone means nothing to the one that has its slot now.
//!
//! A shutdown passes by every slot. Slots are given out and opened under the lock under which the shutdown is declared,
//! so a source is either refused or told; model `insert_meets_shutdown` in `loom-tests/tests/io_registry.rs`.

use crate::pages::Pages;
use crate::readiness::{Closed, Readiness, Woken};
use crate::ready::Ready;
use filch_primitives::sync::Mutex;
use std::io;

/// Slots in the first page; few in the models, which make all of them.
const FIRST_PAGE: usize = if cfg!(filch_loom) { 2 } else { 64 };
const PAGES: usize = (INDEX_BITS - FIRST_PAGE.trailing_zeros()) as usize;
/// How much of a key is the index; the rest is the generation, truncated if need be.
const INDEX_BITS: u32 = if usize::BITS == 64 { 32 } else { 20 };
const INDEX_MASK: usize = (1 << INDEX_BITS) - 1;

/// The name of a source towards the operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(usize);

impl Key {
    fn new(index: usize, generation: u32) -> Self {
        Self((generation as usize) << INDEX_BITS | index)
    }

    /// The key that the operating system was given as a number.
    pub fn from_raw(raw: usize) -> Self {
        Self(raw)
    }

    /// As the operating system is given it.
    pub fn into_raw(self) -> usize {
        self.0
    }

    fn index(self) -> usize {
        self.0 & INDEX_MASK
    }

    fn is_of(self, generation: u32) -> bool {
        self == Self::new(self.index(), generation)
    }
}

/// On a cache line of its own: two sources are usually two threads' business.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Slot(Readiness);

#[derive(Debug, Default)]
struct Vacancies {
    indices: Vec<usize>,
    /// Slots ever used; those beyond have never been.
    used: usize,
    is_shutdown: bool,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Registry {
    pages: Pages<Slot, PAGES>,
    vacancies: Mutex<Vacancies>,
}

impl Registry {
    /// Without sources.
    pub fn new() -> Self {
        Self { pages: Pages::new(FIRST_PAGE), vacancies: Mutex::new(Vacancies::default()) }
    }

    /// A slot for a source that is assumed to be `ready`.
    pub fn insert(&self, ready: Ready) -> io::Result<Key> {
        let mut vacancies = self.vacancies.lock();
        if vacancies.is_shutdown {
            return Err(crate::driver::shut_down());
        }
        let index = match vacancies.indices.pop() {
            Some(index) => index,
            None => {
                if !self.pages.cover(vacancies.used) {
                    return Err(io::Error::other("the driver has no slot left for another source"));
                }
                vacancies.used += 1;
                vacancies.used - 1
            }
        };
        // Before a shutdown can come, or it would pass by a slot that is vacant.
        let generation = self.slot(index).open(ready);
        Ok(Key::new(index, generation))
    }

    /// Whether no source has been in here yet.
    pub fn is_unused(&self) -> bool {
        self.pages.get(0).is_none()
    }

    /// The readiness behind the key of a source that exists.
    pub fn get(&self, key: Key) -> &Readiness {
        self.slot(key.index())
    }

    /// Notes an event; the caller wakes.
    pub fn event(&self, key: Key, ready: Ready) -> Woken {
        let readiness = self.get(key);
        let generation = readiness.generation();
        if !key.is_of(generation) {
            return Woken::default();
        }
        self.reclaim(key.index(), readiness.event(generation, ready))
    }

    /// Gives the slot of a dropped source back.
    pub fn remove(&self, key: Key) {
        if self.get(key).close() == Closed::Vacant {
            self.vacancies.lock().indices.push(key.index());
        }
    }

    /// Ends every wait and admits no source any more. Each action goes to `wake`.
    pub fn shutdown(&self, mut wake: impl FnMut(Woken)) {
        let used = {
            let mut vacancies = self.vacancies.lock();
            vacancies.is_shutdown = true;
            vacancies.used
        };
        // Without the lock: a waker may drop a task, and with it a source.
        for index in 0..used {
            wake(self.reclaim(index, self.slot(index).shutdown()));
        }
    }

    fn reclaim(&self, index: usize, woken: Woken) -> Woken {
        if woken.is_vacant {
            self.vacancies.lock().indices.push(index);
        }
        woken
    }

    fn slot(&self, index: usize) -> &Readiness {
        // The way of a key through the system, and back with an event, keeps the order.
        let slot = self.pages.get(index);
        &slot.expect("a key is made after its page").0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_hold_as_many_slots_as_an_index_can_name() {
        let slots = (0..PAGES).map(|page| FIRST_PAGE << page).sum::<usize>();
        assert_eq!(slots, INDEX_MASK + 1 - FIRST_PAGE);
    }

    #[test]
    fn an_event_of_a_removed_source_means_nothing_to_its_successor() {
        let registry = Registry::new();
        let first = registry.insert(Ready::EMPTY).unwrap();
        registry.remove(first);
        let second = registry.insert(Ready::EMPTY).unwrap();
        assert_eq!(first.index(), second.index());
        let _nobody = registry.event(first, Ready::READABLE);
        assert!(registry.get(second).observe(Ready::ALL).ready.is_empty());
        let _nobody = registry.event(second, Ready::READABLE);
        assert!(registry.get(second).observe(Ready::ALL).ready.is_readable());
    }

    #[test]
    fn after_a_shutdown_nothing_is_admitted_and_everything_is_over() {
        let registry = Registry::new();
        let key = registry.insert(Ready::READABLE).unwrap();
        registry.shutdown(|_nobody| {});
        assert!(registry.get(key).observe(Ready::ALL).is_shutdown);
        assert!(registry.insert(Ready::EMPTY).is_err());
        registry.remove(key);
    }
}
