//! The wheel against the obvious data structure, a `BTreeMap` by deadline.

use filch_timer_wheel::{Key, Progress, Wheel};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What can be done to a wheel; numbers are reduced to what exists.
#[derive(Debug, Clone)]
enum Op {
    /// After so many ticks, modulo 2 to the power of the second.
    Insert(u64, u32),
    /// At this tick, wherever the wheel stands.
    InsertAt(u64),
    Remove(usize),
    Reset(usize, u64, u32),
    Advance {
        by: u64,
        bits: u32,
        limit: usize,
    },
    AdvanceToNext {
        limit: usize,
    },
    /// So many at once, each after so many ticks, modulo 2 to the power of the last.
    InsertMany(u64, u64, u32),
    /// Every tick becomes two.
    Refine,
}

/// A wheel and its specification.
struct Pair<const BITS: u32> {
    wheel: Wheel<u64, BITS>,
    /// (deadline, order of insertion) -> key
    waiting: BTreeMap<(u64, u64), Key>,
    /// The same, in an order that an index can choose from.
    order: Vec<(u64, u64)>,
    stale: Vec<Key>,
    next_id: u64,
    now: u64,
    /// The limit has just ended an `advance`.
    interrupted: bool,
    /// It never has since the wheel was empty: then the order within one tick is promised.
    fifo: bool,
    removed: bool,
}

impl<const BITS: u32> Pair<BITS> {
    fn new() -> Self {
        Self {
            wheel: Wheel::new(),
            waiting: BTreeMap::new(),
            order: Vec::new(),
            stale: Vec::new(),
            next_id: 0,
            now: 0,
            interrupted: false,
            fifo: true,
            removed: false,
        }
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Insert(after, bits) => self.insert(self.now.saturating_add(after % (1 << bits))),
            Op::InsertMany(count, seed, bits) => {
                let mut rng = Rng(seed);
                for _ in 0..count {
                    self.insert(self.now.saturating_add(rng.next() % (1 << bits)));
                }
            }
            Op::InsertAt(deadline) => self.insert(deadline),
            Op::Remove(choice) => {
                if let Some((entry, key)) = self.choose(choice) {
                    assert_eq!(self.wheel.get(key), Some(&entry.1));
                    assert_eq!(self.wheel.remove(key), Some(entry.1));
                    self.stale.push(key);
                    self.removed = true;
                }
            }
            Op::Reset(choice, after, bits) => {
                if let Some((_, key)) = self.choose(choice) {
                    let deadline = self.now.saturating_add(after % (1 << bits));
                    assert!(self.wheel.reset(key, deadline));
                    // The payload stays; the order among equals is that of a fresh insertion.
                    *self.wheel.get_mut(key).unwrap() = self.next_id;
                    self.put(deadline, key);
                    self.removed = true;
                }
            }
            Op::Advance { by, bits, limit } => {
                self.advance(self.now.saturating_add(by % (1 << bits)), limit);
            }
            Op::AdvanceToNext { limit } => {
                if let Some(next) = self.wheel.next_expiry() {
                    self.advance(next.max(self.now), limit);
                }
            }
            Op::Refine => self.refine(),
        }
        self.check();
    }

    fn insert(&mut self, deadline: u64) {
        let key = self.wheel.insert(deadline, self.next_id);
        self.put(deadline, key);
    }

    fn put(&mut self, deadline: u64, key: Key) {
        // What is overdue expires with what is due at the position.
        let entry = (deadline.max(self.wheel.position()), self.next_id);
        self.next_id += 1;
        assert_eq!(self.waiting.insert(entry, key), None);
        self.order.push(entry);
    }

    fn refine(&mut self) {
        // Not until time ends.
        if self.now > u64::MAX / 4 {
            return;
        }
        self.wheel.refine(1);
        self.now *= 2;
        let twice = |entry: (u64, u64)| (entry.0.saturating_mul(2), entry.1);
        self.waiting = std::mem::take(&mut self.waiting)
            .into_iter()
            .map(|(at, key)| (twice(at), key))
            .collect();
        self.order.iter_mut().for_each(|entry| *entry = twice(*entry));
        // Those that the end of time makes equal, and an interrupted cascade, are in no promised order.
        self.fifo &= self.waiting.is_empty();
    }

    /// Takes one waiting entry out of the specification.
    fn choose(&mut self, choice: usize) -> Option<((u64, u64), Key)> {
        while !self.order.is_empty() {
            let entry = self.order.swap_remove(choice % self.order.len());
            if let Some(key) = self.waiting.remove(&entry) {
                return Some((entry, key));
            }
            // Expired since.
        }
        None
    }

    fn advance(&mut self, now: u64, limit: usize) {
        self.now = now;
        let mut expired = Vec::new();
        let progress = self.wheel.advance(now, limit, |due| {
            assert!(due.deadline <= now, "never early");
            expired.push((due.key, due.payload));
        });
        assert!(expired.len() <= limit.max(1), "the limit holds");
        self.fifo &= progress == Progress::Done;
        // Where a cascade is interrupted, others expire meanwhile.
        let is_ordered = progress == Progress::Done && !self.interrupted;
        for (key, payload) in expired {
            let tick = self.waiting.first_key_value().expect("something was waiting").0.0;
            assert!(tick <= now, "never early");
            let last = if is_ordered { tick } else { now };
            let mut in_time = self.waiting.range((tick, 0)..=(last, u64::MAX)).map(|(&id, _)| id);
            let entry =
                in_time.find(|entry| entry.1 == payload).expect("in the order of deadlines");
            if self.fifo {
                assert_eq!(Some((&entry, &key)), self.waiting.first_key_value());
            }
            assert_eq!(self.waiting.remove(&entry), Some(key));
            self.stale.push(key);
        }
        self.fifo |= self.waiting.is_empty();
        self.interrupted = progress == Progress::More;
        if progress == Progress::Done {
            if let Some((&(deadline, _), _)) = self.waiting.first_key_value() {
                assert!(deadline > now, "everything due has expired: {deadline} at {now}");
            }
        }
    }

    fn check(&mut self) {
        assert_eq!(self.wheel.len(), self.waiting.len());
        assert!(self.wheel.position() <= self.now);
        let next = self.wheel.next_expiry();
        // What the position has passed, in the middle of a cascade, is due at the position.
        let position = self.wheel.position();
        let earliest = self.waiting.first_key_value().map(|(&(at, _), _)| at.max(position));
        // It looks at a whole slot, so not every time.
        if self.next_id % 16 == 0 {
            let found = self.wheel.earliest().map(|at| at.max(position));
            assert_eq!(found, earliest);
        }
        match (next, earliest) {
            (None, None) => {}
            (Some(next), Some(earliest)) => {
                assert!(next <= earliest, "never later than the earliest deadline");
                assert!(next >= self.wheel.position());
                if !self.removed && !self.interrupted {
                    assert_eq!(next, earliest, "exact where nothing was removed");
                }
            }
            other => panic!("one is empty: {other:?}"),
        }
        if let Some(key) = self.stale.pop() {
            assert_eq!(self.wheel.get(key), None, "{key:?} is stale");
            assert!(!self.wheel.reset(key, self.now));
            assert_eq!(self.wheel.remove(key), None);
        }
        self.stale.truncate(64);
    }

    /// Lets everything expire; nothing is lost.
    fn finish(&mut self) {
        while !self.waiting.is_empty() {
            self.advance(u64::MAX, 1000);
            self.check();
        }
        assert_eq!(self.wheel.next_expiry(), None);
        assert!(self.wheel.is_empty());
    }
}

fn op(bits: u32) -> impl Strategy<Value = Op> {
    // Up to two digits beyond the last level.
    let far = bits * 5;
    prop_oneof![
        6 => (any::<u64>(), 0..=far).prop_map(|(after, bits)| Op::Insert(after, bits)),
        1 => any::<u64>().prop_map(Op::InsertAt),
        1 => (0..64_u64).prop_map(Op::InsertAt),
        2 => any::<usize>().prop_map(Op::Remove),
        2 => (any::<usize>(), any::<u64>(), 0..=far)
            .prop_map(|(choice, after, bits)| Op::Reset(choice, after, bits)),
        3 => (any::<u64>(), 0..=far, 1..20_usize)
            .prop_map(|(by, bits, limit)| Op::Advance { by, bits, limit }),
        2 => (any::<u64>(), 0..=far)
            .prop_map(|(by, bits)| Op::Advance { by, bits, limit: usize::MAX }),
        2 => (1..20_usize).prop_map(|limit| Op::AdvanceToNext { limit }),
        1 => Just(Op::Refine),
        1 => (0..150_u64, any::<u64>(), 0..=far)
            .prop_map(|(count, seed, bits)| Op::InsertMany(count, seed, bits)),
    ]
}

fn check_ops<const BITS: u32>(ops: &[Op]) {
    let mut pair = Pair::<BITS>::new();
    for op in ops {
        pair.apply(op);
    }
    pair.finish();
}

proptest! {
    #[test]
    fn two_slots_a_level_agree(ops in prop::collection::vec(op(1), 1..200)) {
        check_ops::<1>(&ops);
    }

    #[test]
    fn eight_slots_a_level_agree(ops in prop::collection::vec(op(3), 1..200)) {
        check_ops::<3>(&ops);
    }

    #[test]
    fn the_default_wheel_agrees(ops in prop::collection::vec(op(10), 1..200)) {
        check_ops::<10>(&ops);
    }

    #[test]
    fn without_removals_the_next_expiry_is_exact(
        deadlines in prop::collection::vec((any::<u64>(), 0..45_u32), 1..50),
        steps in prop::collection::vec((any::<u64>(), 0..45_u32), 1..50),
    ) {
        let mut pair = Pair::<10>::new();
        for (at, bits) in deadlines {
            pair.apply(&Op::Insert(at, bits));
        }
        for (by, bits) in steps {
            pair.apply(&Op::Advance { by, bits, limit: usize::MAX });
        }
    }
}

/// SplitMix64: long runs whose failures can be repeated by their seed.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn op(&mut self, far: u32) -> Op {
        let bits = self.below(u64::from(far) + 1) as u32;
        match self.below(100) {
            0 if self.below(8) == 0 => Op::InsertMany(self.below(200), self.next(), bits),
            0..=44 => Op::Insert(self.next(), bits),
            45..=46 => Op::InsertAt(self.below(1 << 20)),
            47..=64 => Op::Remove(self.next() as usize),
            65..=74 => Op::Reset(self.next() as usize, self.next(), bits),
            75..=84 => Op::AdvanceToNext { limit: 1 + self.below(50) as usize },
            85..=89 => Op::AdvanceToNext { limit: usize::MAX },
            // Rarely very far, or the wheel would be empty most of the time.
            _ => Op::Advance {
                by: self.next(),
                bits: bits.min(self.below(u64::from(far)) as u32),
                limit: usize::MAX,
            },
        }
    }
}

fn long_run<const BITS: u32>(seed: u64, ops: u32) {
    let mut rng = Rng(seed);
    let mut pair = Pair::<BITS>::new();
    for _ in 0..ops {
        pair.apply(&rng.op(BITS * 4));
        // Time would end otherwise.
        if pair.now > u64::MAX / 2 {
            pair.finish();
            pair = Pair::new();
        }
    }
    pair.finish();
}

/// A million operations, or as many as the environment variable `FILCH_WHEEL_OPS` says.
#[test]
fn a_million_operations_agree() {
    let ops = std::env::var("FILCH_WHEEL_OPS").map_or(1_000_000, |ops| ops.parse().unwrap());
    long_run::<2>(1, ops / 3);
    long_run::<6>(2, ops / 3);
    long_run::<10>(3, ops - ops / 3 * 2);
}
