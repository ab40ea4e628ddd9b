//! # Where a task comes from: its spawn site and, if it was given one, its name
//!
//! One word in every task: a pointer to the spawn site, or, told apart by its lowest bit, to a box that
//! holds spawn site and name. Tasks without a name, nearly all of them, pay nothing for those with one.

use std::fmt;
use std::panic::Location;
use std::ptr::NonNull;

/// See the head of this file.
pub(crate) struct Origin(NonNull<()>);

struct Named {
    spawned_at: &'static Location<'static>,
    name: Box<str>,
}

/// Set in a pointer to a [`Named`].
const NAMED: usize = 1;

const _: () = assert!(align_of::<Named>() > NAMED && align_of::<Location<'static>>() > NAMED);

// SAFETY: what the pointer leads to is not changed, and is for any thread.
unsafe impl Send for Origin {}
// SAFETY: as above.
unsafe impl Sync for Origin {}

impl Origin {
    pub(crate) fn named(name: &str, spawned_at: &'static Location<'static>) -> Self {
        let named = Box::new(Named { spawned_at, name: name.into() });
        let pointer = NonNull::from(Box::leak(named)).cast::<()>();
        Self(pointer.map_addr(|address| address | NAMED))
    }

    #[inline]
    pub(crate) fn is_named(&self) -> bool {
        self.0.addr().get() & NAMED != 0
    }

    fn as_named(&self) -> Option<NonNull<Named>> {
        let untagged = std::num::NonZero::new(self.0.addr().get() & !NAMED)?;
        (untagged != self.0.addr()).then(|| self.0.with_addr(untagged).cast())
    }

    pub(crate) fn spawned_at(&self) -> &'static Location<'static> {
        match self.as_named() {
            // SAFETY: made from a box in `named`, which `drop` alone gives back.
            Some(named) => unsafe { named.as_ref() }.spawned_at,
            // SAFETY: made from a `&'static` in `from`.
            None => unsafe { self.0.cast().as_ref() },
        }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        // SAFETY: as in `spawned_at`; the borrow of `self` keeps the box.
        self.as_named().map(|named| unsafe { &*named.as_ref().name })
    }
}

impl From<&'static Location<'static>> for Origin {
    fn from(spawned_at: &'static Location<'static>) -> Self {
        Self(NonNull::from(spawned_at).cast())
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        if let Some(named) = self.as_named() {
            // SAFETY: made from a box in `named`, and nobody has the pointer any more.
            drop(unsafe { Box::from_raw(named.as_ptr()) });
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin")
            .field("spawned_at", &self.spawned_at())
            .field("name", &self.name())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;
    use std::panic::Location;

    #[test]
    fn spawn_site_and_name_come_back() {
        let here = Location::caller();
        let plain = Origin::from(here);
        assert_eq!((plain.spawned_at(), plain.name()), (here, None));
        for name in ["", "a", "a name of some length"] {
            let named = Origin::named(name, here);
            assert_eq!((named.spawned_at(), named.name()), (here, Some(name)));
        }
        assert_eq!(size_of::<Origin>(), size_of::<usize>());
    }
}
