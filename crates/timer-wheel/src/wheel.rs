//! The hierarchical wheel: a pure data structure, without a clock, a lock or a waker inside.
//!
//! # How it works
//!
//! Time is counted in ticks. The digits of a deadline in base 2^BITS say where it goes: it is put
//! into the level of the highest digit in which it differs from the wheel's position, into the slot
//! that this digit names. So level 0 holds exactly one tick per slot, level 1 a whole turn of level
//! 0 per slot, and so on; what differs above the last level waits in one list, the top.
//!
//! ```text
//!  deadline = | beyond ...... | digit 3 | digit 2 | digit 1 | digit 0 |
//!
//!  level 0   [ . . . p o . o . . . o . ]       p = the position's digit; one tick per slot
//!  level 1   [ . p . . o . . . . o . . ]  ──┐  one turn of level 0 per slot
//!  level 2   [ p . o . . . . . . . . . ]  ──┤  one turn of level 1 per slot
//!  level 3   [ p o . . . . . . . . . . ]  ──┤  one turn of level 2 per slot
//!  top       ( o ↔ o ↔ o )                ──┴─ when the position enters a slot: cascade,
//!                                              each of its entries goes at least one level down
//!  fresh     ( o → o → o )                     the youngest, in the order of their insertion: whoever
//!                                              is taken out soon costs the levels nothing
//!  slab      | e | e | free | e | ...          the entries; lists link them by 32-bit indices
//! ```
//!
//! # Invariants
//!
//! * W1: an entry in level 0 has the slot's tick as its deadline, or was overdue when it came and
//!   lies in the slot of the position.
//! * W2: an occupied slot of a higher level, and the top, begin after the position, except the lists
//!   that are being cascaded, of each level one at most. Apart from these and from what is fresh, the first occupied
//!   slot of the lowest occupied level holds the earliest deadline.
//! * W3: nothing is fresh while the position moves.
//! * W4: a slot's `earliest` is at most the deadline of every entry in it.
//!
//! The position never enters a slot before something in it may be due: a wheel with one deadline in
//! an hour asks for nothing in between.
//!
//! # A slot with very many entries
//!
//! Time-outs of a minute that are all armed and forgotten fill one slot of level 2 with everything of half a minute.
//! When it is entered, a part of it is cascaded in each turn, and what is due in the levels below expires meanwhile: the
//! position goes on inside of the slot. The youngest entry is moved first, for it may have been armed just before, across
//! the slot's beginning.

pub(crate) mod bitmap;
pub(crate) mod slab;

pub use slab::Key;

use bitmap::Bitmap;
use slab::{NIL, Slab};
use std::fmt;

const LEVELS: usize = 4;

/// How many entries are cascaded in the time that one takes to expire, and be run.
const MOVES: usize = 16;

/// How many entries may be fresh: as many as can be looked at in passing.
const FRESH_LIMIT: usize = 64;

/// What came out of a wheel in [`Wheel::advance`].
///
/// ```
/// use filch_timer_wheel::Wheel;
///
/// let mut wheel: Wheel<char> = Wheel::new();
/// let key = wheel.insert(5, 'a');
/// let _done = wheel.advance(9, 1, |due| {
///     assert_eq!((due.key, due.deadline, due.payload), (key, 5, 'a'));
/// });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired<T> {
    /// The entry's key, stale by now.
    pub key: Key,
    /// The tick it was to expire in, as given to [`Wheel::insert`].
    pub deadline: u64,
    /// What was stored with it.
    pub payload: T,
}

/// Whether [`Wheel::advance`] came to the end of what was due.
///
/// ```
/// use filch_timer_wheel::{Progress, Wheel};
///
/// let mut wheel: Wheel<char> = Wheel::new();
/// wheel.insert(5, 'a');
/// wheel.insert(5, 'b');
/// while wheel.advance(5, 1, |due| println!("{}", due.payload)) == Progress::More {
///     println!("something else comes in between");
/// }
/// assert!(wheel.is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "with `More`, entries that are due are still in the wheel"]
pub enum Progress {
    /// Everything that was due has expired.
    Done,
    /// The limit was reached first; call again.
    More,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    head: u32,
    /// At most the earliest deadline in the slot, counted from the slot's first tick.
    earliest: u32,
}

/// What [`Wheel::advance`] has to do next, and when.
struct Event {
    list: usize,
    /// The slot's first tick.
    start: u64,
    /// The first tick in which anything in the slot can be due.
    at: u64,
}

/// Payloads with deadlines, in ticks: O(1) to insert, to remove and to find what is due.
///
/// Each of the four levels has 2^`BITS` slots; deadlines further away than 2^(4 * `BITS`) ticks
/// wait in a list of their own. Entries expire in the order of their deadlines, and those with one
/// deadline in the order of their insertion, unless something was inserted between an
/// [`advance`](Self::advance) that its limit ended and the one that goes on with it.
///
/// ```
/// use filch_timer_wheel::{Progress, Wheel};
///
/// let mut wheel: Wheel<&str> = Wheel::new();
/// wheel.insert(30, "tea is ready");
/// let alarm = wheel.insert(20, "wake up");
/// wheel.insert(10, "cock-crow");
/// assert_eq!(wheel.next_expiry(), Some(10));
/// assert_eq!(wheel.remove(alarm), Some("wake up"));
///
/// let mut heard = Vec::new();
/// let progress = wheel.advance(29, 100, |expired| heard.push(expired.payload));
/// assert_eq!((progress, heard), (Progress::Done, vec!["cock-crow"]));
/// assert_eq!(wheel.next_expiry(), Some(30));
/// ```
pub struct Wheel<T, const BITS: u32 = 10> {
    slab: Slab<T>,
    /// The slots of level 0, of level 1 and so on, then the two top lists, and the one of what is fresh.
    slots: Box<[Slot]>,
    occupied: [Bitmap; LEVELS],
    /// The top list in use. The other one is empty, or is being cascaded.
    top: usize,
    /// At most the earliest deadline in the top list in use.
    top_earliest: u64,
    /// How many entries are fresh.
    fresh: usize,
    /// The list of each level, and of the top, that is being cascaded.
    cascading: [Option<usize>; LEVELS + 1],
    /// The position: nothing with an earlier deadline is left, overdue insertions aside.
    position: u64,
}

impl<T, const BITS: u32> Wheel<T, BITS> {
    const SLOTS: usize = 1 << BITS;
    const MASK: u64 = Self::SLOTS as u64 - 1;
    const TOPS: [usize; 2] = [LEVELS << BITS, (LEVELS << BITS) + 1];
    const FRESH: usize = (LEVELS << BITS) + 2;

    /// An empty wheel at tick 0.
    ///
    /// ```
    /// use filch_timer_wheel::Wheel;
    ///
    /// let wheel: Wheel<()> = Wheel::new();
    /// assert_eq!((wheel.position(), wheel.next_expiry()), (0, None));
    /// ```
    pub fn new() -> Self {
        const { assert!(1 <= BITS && BITS <= 10, "a level has 2 to 1024 slots") };
        Self {
            slab: Slab::new(),
            slots: vec![Slot { head: NIL, earliest: 0 }; Self::FRESH + 1].into(),
            occupied: std::array::from_fn(|_| Bitmap::new(Self::SLOTS)),
            top: Self::TOPS[0],
            top_earliest: 0,
            fresh: 0,
            cascading: [None; LEVELS + 1],
            position: 0,
        }
    }

    /// How many entries wait.
    ///
    /// ```
    /// use filch_timer_wheel::Wheel;
    ///
    /// let mut wheel: Wheel<()> = Wheel::new();
    /// wheel.insert(5, ());
    /// assert_eq!(wheel.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.slab.len()
    }

    /// Whether nothing waits.
    ///
    /// ```
    /// use filch_timer_wheel::Wheel;
    ///
    /// assert!(Wheel::<()>::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tick up to which the wheel has certainly been advanced.
    ///
    /// It can lag behind what [`advance`](Self::advance) was told, never precede it.
    ///
    /// ```
    /// use filch_timer_wheel::{Progress, Wheel};
    ///
    /// let mut wheel: Wheel<()> = Wheel::new();
    /// assert_eq!(wheel.advance(7, 1, |_| {}), Progress::Done);
    /// assert_eq!(wheel.position(), 7);
    /// ```
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Stores `payload` until tick `deadline`. One that has passed is due at the next
    /// [`advance`](Self::advance).
    ///
    /// # Panics
    /// With 2^32 - 1 entries already stored.
    ///
    /// ```
    /// use filch_timer_wheel::Wheel;
    ///
    /// let mut wheel: Wheel<char> = Wheel::new();
    /// let key = wheel.insert(5, 'a');
    /// assert_eq!(wheel.get(key), Some(&'a'));
    /// ```
    pub fn insert(&mut self, deadline: u64, payload: T) -> Key {
        let index = self.slab.insert(deadline, payload);
        self.link_fresh(index);
        self.slab.key(index)
    }

    /// Takes an entry out before it expires; `None` if it has expired or was removed.
    ///
    /// ```
    /// use filch_timer_wheel::Wheel;
    ///
    /// let mut wheel: Wheel<char> = Wheel::new();
    /// let key = wheel.insert(5, 'a');
    /// assert_eq!(wheel.remove(key), Some('a'));
    /// assert_eq!(wheel.remove(key), None);
    /// ```
    pub fn remove(&mut self, key: Key) -> Option<T> {
        let index = self.slab.find(key)?;
        self.unlink(index);
        Some(self.slab.release(index))
    }

    /// Gives a waiting entry another deadline; `false` if it has expired or was removed.
    ///
    /// ```
    /// use filch_timer_wheel::Wheel;
    ///
    /// let mut wheel: Wheel<char> = Wheel::new();
    /// let key = wheel.insert(5, 'a');
    /// assert!(wheel.reset(key, 50));
    /// assert_eq!(wheel.next_expiry(), Some(50));
    /// ```
    pub fn reset(&mut self, key: Key, deadline: u64) -> bool {
        let Some(index) = self.slab.find(key) else {
            return false;
        };
        self.unlink(index);
        self.slab.set_deadline(index, deadline);
        self.link_fresh(index);
        true
    }

    /// The payload of a waiting entry.
    ///
    /// ```
    /// use filch_timer_wheel::Wheel;
    ///
    /// let mut wheel: Wheel<char> = Wheel::new();
    /// let key = wheel.insert(5, 'a');
    /// assert_eq!(wheel.get(key), Some(&'a'));
    /// ```
    pub fn get(&self, key: Key) -> Option<&T> {
        self.slab.payload(self.slab.find(key)?)
    }

    /// The payload of a waiting entry, to change it.
    ///
    /// ```
    /// use filch_timer_wheel::Wheel;
    ///
    /// let mut wheel: Wheel<char> = Wheel::new();
    /// let key = wheel.insert(5, 'a');
    /// *wheel.get_mut(key).unwrap() = 'b';
    /// assert_eq!(wheel.remove(key), Some('b'));
    /// ```
    pub fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.slab.payload_mut(self.slab.find(key)?)
    }

    /// The tick in which to [`advance`](Self::advance) next: never later than the earliest deadline,
    /// and never earlier than the position.
    ///
    /// It is exactly the earliest deadline unless that one was removed while it was still more
    /// than a turn of the lowest level away (then it may stay the removed one's, once), or an
    /// `advance` was interrupted by its limit (then it is the position: go on at once).
    ///
    /// ```
    /// use filch_timer_wheel::Wheel;
    ///
    /// let mut wheel: Wheel<&str> = Wheel::new();
    /// wheel.insert(1 << 50, "in the top list");
    /// assert_eq!(wheel.next_expiry(), Some(1 << 50));
    /// ```
    pub fn next_expiry(&self) -> Option<u64> {
        if self.cascading.iter().flatten().any(|&list| self.slots[list].head != NIL) {
            return Some(self.position);
        }
        let fresh = self.slab.deadlines(self.slots[Self::FRESH].head).min();
        let fresh = fresh.map(|deadline| deadline.max(self.position));
        let event = self.next_event().map(|event| event.at);
        fresh.into_iter().chain(event).min()
    }

    /// The earliest deadline that waits, exactly; looks at every entry of one slot.
    ///
    /// ```
    /// use filch_timer_wheel::Wheel;
    ///
    /// let mut wheel: Wheel<()> = Wheel::new();
    /// let far = wheel.insert(1 << 20, ());
    /// wheel.insert((1 << 20) + 5, ());
    /// let _done = wheel.advance(7, 1, |_| {});
    /// wheel.remove(far);
    /// assert_eq!(wheel.next_expiry(), Some(1 << 20));
    /// assert_eq!(wheel.earliest(), Some((1 << 20) + 5));
    /// ```
    pub fn earliest(&self) -> Option<u64> {
        let of_list = |list: usize| self.slab.deadlines(self.slots[list].head).min();
        let cascading = self.cascading.iter().flatten().copied();
        let next = self.next_event().map(|event| event.list);
        cascading.chain(next).chain([Self::FRESH]).filter_map(of_list).min()
    }

    /// Divides every tick into 2^`bits`: all deadlines, and the position, are multiplied by that.
    ///
    /// It looks at every entry. The keys stay good. What would be beyond the last tick is in the last.
    ///
    /// ```
    /// use filch_timer_wheel::Wheel;
    ///
    /// let mut wheel: Wheel<char> = Wheel::new();
    /// let key = wheel.insert(3, 'a');
    /// wheel.refine(4);
    /// assert_eq!(wheel.next_expiry(), Some(48));
    /// assert_eq!(wheel.remove(key), Some('a'));
    /// ```
    pub fn refine(&mut self, bits: u32) {
        let mut entries = Vec::with_capacity(self.len());
        for list in 0..self.slots.len() {
            while self.slots[list].head != NIL {
                let index = self.slots[list].head;
                self.unlink(index);
                entries.push(index);
            }
        }
        let parts = 1_u64.checked_shl(bits).unwrap_or(u64::MAX);
        self.cascading = [None; LEVELS + 1];
        self.position = self.position.saturating_mul(parts);
        for index in entries {
            self.slab.set_deadline(index, self.slab.deadline(index).saturating_mul(parts));
            self.link(index, Slab::push_back);
        }
    }

    /// Moves to tick `now` and hands what is due by then to `expired`, earliest deadline first.
    ///
    /// Stops after `limit` entries (at least one), so that the work of one call is bounded; of those that it only moves
    /// down a level 16 times as many. While some of these are left, what is due may expire before an earlier deadline
    /// among them. A `now` before the wheel's position counts as the position.
    ///
    /// ```
    /// use filch_timer_wheel::{Progress, Wheel};
    ///
    /// let mut wheel: Wheel<u32> = Wheel::new();
    /// for n in 0..3 {
    ///     wheel.insert(5, n);
    /// }
    /// let mut out = Vec::new();
    /// assert_eq!(wheel.advance(5, 2, |due| out.push(due.payload)), Progress::More);
    /// assert_eq!(wheel.advance(5, 2, |due| out.push(due.payload)), Progress::Done);
    /// assert_eq!(out, [0, 1, 2]);
    /// ```
    pub fn advance(
        &mut self,
        now: u64,
        limit: usize,
        mut expired: impl FnMut(Expired<T>),
    ) -> Progress {
        let now = now.max(self.position);
        let mut left = limit.max(1);
        let mut moves = left.saturating_mul(MOVES);
        while self.fresh > 0 {
            self.settle_oldest();
        }
        loop {
            let unfinished = self.go_on_cascading(&mut moves);
            let event = self.next_event();
            if let Some(level) = unfinished {
                // Into the levels below, and not beyond the slot.
                let goes_on = |event: &Event| Self::level_of(event.list) < level && event.at <= now;
                if !event.as_ref().is_some_and(goes_on) {
                    return Progress::More;
                }
            }
            let Some(event) = event else {
                self.position = now;
                return Progress::Done;
            };
            if event.at > now {
                // Not into a slot that is not cascaded (W2).
                self.position = self.position.max(now.min(event.start - 1));
                return Progress::Done;
            }
            self.position = event.start;
            if event.list >= Self::SLOTS {
                self.begin_cascade(event.list);
                continue;
            }
            while self.slots[event.list].head != NIL {
                if left == 0 {
                    return Progress::More;
                }
                left -= 1;
                expired(self.expire(self.slots[event.list].head));
            }
        }
    }

    /// The top is above all levels.
    fn level_of(list: usize) -> usize {
        LEVELS.min(list >> BITS)
    }

    fn expire(&mut self, index: u32) -> Expired<T> {
        let key = self.slab.key(index);
        let deadline = self.slab.deadline(index);
        self.unlink(index);
        Expired { key, deadline, payload: self.slab.release(index) }
    }

    fn begin_cascade(&mut self, list: usize) {
        self.cascading[Self::level_of(list)] = Some(list);
        if list == self.top {
            // What is still too far away goes to the other top list, or the cascade had no end.
            self.top = Self::TOPS[usize::from(list == Self::TOPS[0])];
        }
    }

    /// Cascades what is to be, the lowest level first; the lowest that is unfinished when `moves` run out.
    fn go_on_cascading(&mut self, moves: &mut usize) -> Option<usize> {
        for level in 1..=LEVELS {
            if let Some(list) = self.cascading[level] {
                if !self.cascade(list, moves) {
                    return Some(level);
                }
                self.cascading[level] = None;
            }
        }
        None
    }

    /// Puts the entries of `list` where they belong now, the last one first; `false` if `moves` ran out first.
    fn cascade(&mut self, list: usize, moves: &mut usize) -> bool {
        while self.slots[list].head != NIL {
            if *moves == 0 {
                return false;
            }
            *moves -= 1;
            let index = self.slab.last(self.slots[list].head);
            self.unlink(index);
            // It is older than what is there.
            self.link(index, Slab::push_front);
        }
        true
    }

    /// The first occupied slot of the lowest occupied level (W2), or the top.
    fn next_event(&self) -> Option<Event> {
        for (level, occupied) in self.occupied.iter().enumerate() {
            let shift = level as u32 * BITS;
            let digit = (self.position >> shift) & Self::MASK;
            if let Some(slot) = occupied.first_from(digit as usize) {
                let above = shift + BITS;
                let start = (self.position >> above << above) | ((slot as u64) << shift);
                let list = (level << BITS) | slot;
                let at = start + u64::from(self.slots[list].earliest);
                return Some(Event { list, start, at });
            }
        }
        (self.slots[self.top].head != NIL).then(|| {
            let span = LEVELS as u32 * BITS;
            let at = self.top_earliest;
            Event { list: self.top, start: at >> span << span, at }
        })
    }

    /// Puts an unlinked entry behind those that are fresh; if they are many, the oldest is no longer.
    fn link_fresh(&mut self, index: u32) {
        let list = Self::FRESH;
        self.slab.push_back(&mut self.slots[list].head, list as u16, index);
        self.fresh += 1;
        if self.fresh > FRESH_LIMIT {
            self.settle_oldest();
        }
    }

    /// Puts the entry that is fresh for the longest time into its level.
    fn settle_oldest(&mut self) {
        let index = self.slots[Self::FRESH].head;
        self.unlink(index);
        self.link(index, Slab::push_back);
    }

    /// Puts an unlinked entry into the list where its deadline belongs, at the end that `push` says.
    fn link(&mut self, index: u32, push: impl Fn(&mut Slab<T>, &mut u32, u16, u32)) {
        let deadline = self.slab.deadline(index).max(self.position);
        let differs = deadline ^ self.position;
        let level = (differs | 1).ilog2() / BITS;
        if level as usize >= LEVELS {
            let slot = &mut self.slots[self.top];
            if slot.head == NIL || deadline < self.top_earliest {
                self.top_earliest = deadline;
            }
            push(&mut self.slab, &mut slot.head, self.top as u16, index);
            return;
        }
        let shift = level * BITS;
        let digit = ((deadline >> shift) & Self::MASK) as usize;
        let list = ((level as usize) << BITS) | digit;
        let earliest = (deadline & ((1 << shift) - 1)) as u32;
        let slot = &mut self.slots[list];
        if slot.head == NIL {
            slot.earliest = earliest;
            self.occupied[level as usize].set(digit);
        } else {
            slot.earliest = slot.earliest.min(earliest);
        }
        push(&mut self.slab, &mut slot.head, list as u16, index);
    }

    fn unlink(&mut self, index: u32) {
        let list = usize::from(self.slab.list(index));
        let slot = &mut self.slots[list];
        self.slab.unlink(&mut slot.head, index);
        if list == Self::FRESH {
            self.fresh -= 1;
            return;
        }
        if slot.head == NIL && list < Self::TOPS[0] {
            self.occupied[list >> BITS].clear(list & (Self::SLOTS - 1));
        }
    }
}

impl<T, const BITS: u32> Default for Wheel<T, BITS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, const BITS: u32> fmt::Debug for Wheel<T, BITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wheel")
            .field("len", &self.len())
            .field("position", &self.position)
            .field("next_expiry", &self.next_expiry())
            .finish_non_exhaustive()
    }
}
