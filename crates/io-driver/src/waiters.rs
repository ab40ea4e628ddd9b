//! The tasks that wait for one source beyond the first reader and the first writer.
//!
//! Plain data; [`Readiness`](crate::readiness::Readiness) keeps it behind a lock and a flag.

use crate::ready::Ready;
use std::task::Waker;

#[derive(Debug)]
enum Entry {
    /// Free; the next free entry.
    Vacant(Option<usize>),
    /// Belongs to a waiting future; the waker is gone once it has been woken.
    Waiting(Ready, Option<Waker>),
}

#[derive(Debug, Default)]
pub(crate) struct Waiters {
    entries: Vec<Entry>,
    vacant: Option<usize>,
}

impl Waiters {
    /// Adds a waiter for any readiness in `mask`; returns its key.
    pub(crate) fn insert(&mut self, mask: Ready, waker: Waker) -> usize {
        let entry = Entry::Waiting(mask, Some(waker));
        match self.vacant {
            Some(key) => {
                let before = std::mem::replace(&mut self.entries[key], entry);
                let Entry::Vacant(next) = before else { panic!("waiter {key} was not vacant") };
                self.vacant = next;
                key
            }
            None => {
                self.entries.push(entry);
                self.entries.len() - 1
            }
        }
    }

    /// Gives the waiter `key` another waker; returns the one it had.
    pub(crate) fn replace(&mut self, key: usize, waker: Waker) -> Option<Waker> {
        match &mut self.entries[key] {
            Entry::Waiting(_, slot) => slot.replace(waker),
            Entry::Vacant(_) => panic!("waiter {key} is vacant"),
        }
    }

    /// Forgets the waiter `key`; returns its waker, to be dropped outside the lock.
    pub(crate) fn remove(&mut self, key: usize) -> Option<Waker> {
        let vacant = Entry::Vacant(self.vacant);
        match std::mem::replace(&mut self.entries[key], vacant) {
            Entry::Waiting(_, waker) => {
                self.vacant = Some(key);
                waker
            }
            Entry::Vacant(_) => panic!("waiter {key} was removed twice"),
        }
    }

    /// Takes the wakers of all whom `ready` concerns.
    pub(crate) fn take(&mut self, ready: Ready, woken: &mut Vec<Waker>) {
        for entry in &mut self.entries {
            if let Entry::Waiting(mask, waker) = entry {
                if !(*mask & ready).is_empty() {
                    woken.extend(waker.take());
                }
            }
        }
    }

    /// Whether an event concerns nobody here.
    pub(crate) fn is_idle(&self) -> bool {
        !self.entries.iter().any(|entry| matches!(entry, Entry::Waiting(_, Some(_))))
    }
}
