//! Who has which seat, and who leaves: `crates/executor/src/roster.rs`.
#![cfg(filch_loom)]

use filch_executor::model::roster::Roster;
use filch_executor::{CondvarPark, Park};
use filch_primitives::cell::UnsafeCell;
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore;

/// What a worker has: loom sees it if two threads have it, or if one does not see what the one before did.
struct Seat(UnsafeCell<usize>);

// SAFETY: one thread at a time has a seat, which is what the models check.
unsafe impl Send for Seat {}

impl Seat {
    fn work(&self) {
        self.0.with_mut(|polls| {
            // SAFETY: as above.
            unsafe { *polls += 1 }
        });
    }
}

fn roster(seats: usize, spares: usize) -> Arc<Roster<Seat>> {
    let seats = (0..seats).map(|_| Seat(UnsafeCell::new(0)));
    Arc::new(Roster::new(seats, spares))
}

/// A worker that has started.
fn take(roster: &Roster<Seat>) -> (usize, Seat) {
    let seat = roster.take_for_worker().expect("one is wanted");
    roster.has_started();
    seat
}

/// As `Worker::leave_if_surplus`: `Some` if it stays.
fn look(
    roster: &Roster<Seat>,
    (index, seat): (usize, Seat),
    is_spare: bool,
) -> Option<(usize, Seat)> {
    seat.work();
    if roster.leaves(is_spare) {
        seat.work();
        roster.returns(index, seat)
    } else {
        Some((index, seat))
    }
}

/// Starts the workers that are missing; how many.
fn start_missing(roster: &Roster<Seat>) -> Vec<(usize, Seat)> {
    let seats: Vec<_> = std::iter::from_fn(|| roster.take_for_worker()).collect();
    for (_, seat) in &seats {
        seat.work();
        roster.has_started();
    }
    seats
}

#[test]
fn a_worker_leaves_while_the_number_rises() {
    explore(["it stayed", "it left and another came", "it left and stayed after all"], |seen| {
        let roster = roster(2, 0);
        roster.set_wanted(2);
        let (first, second) = (take(&roster), take(&roster));
        assert!(roster.set_wanted(1), "one has to leave");
        let theirs = roster.clone();
        let worker = thread::spawn(move || {
            first.1.work();
            if !theirs.leaves(false) {
                return (Some(first), "it stayed");
            }
            first.1.work();
            match theirs.returns(first.0, first.1) {
                None => (None, "it left and another came"),
                stays => (stays, "it left and stayed after all"),
            }
        });
        roster.set_wanted(2);
        let started = start_missing(&roster);
        let (stays, outcome) = worker.join().unwrap();
        let workers = 1 + started.len() + usize::from(stays.is_some());
        assert_eq!((roster.workers(), workers), (2, 2), "{outcome}");
        assert!(!roster.is_surplus());
        second.1.work();
        seen.note(outcome);
    });
}

#[test]
fn two_leave_and_one_is_to_stay() {
    explore(["the first stays", "the second stays"], |seen| {
        let roster = roster(2, 0);
        roster.set_wanted(2);
        let (first, second) = (take(&roster), take(&roster));
        roster.set_wanted(1);
        let theirs = roster.clone();
        let worker = thread::spawn(move || look(&theirs, first, false).is_some());
        let second = look(&roster, second, false).is_some();
        let first = worker.join().unwrap();
        assert_ne!(first, second, "one stays");
        assert_eq!(roster.workers(), 1);
        assert!(!roster.is_surplus());
        seen.note(if first { "the first stays" } else { "the second stays" });
    });
}

#[test]
fn a_sleeper_is_told_to_leave() {
    explore(["it slept", "it saw it"], |seen| {
        // The third is stuck in a poll.
        let shared = Arc::new((roster(3, 0), CondvarPark::new()));
        shared.0.set_wanted(3);
        let _stuck = take(&shared.0);
        let sleepers = [take(&shared.0), take(&shared.0)].map(|(index, seat)| {
            let shared = shared.clone();
            thread::spawn(move || {
                let (roster, park) = &*shared;
                let mut slept = false;
                while !roster.is_surplus() || !roster.leaves(false) {
                    park.park(None);
                    slept = true;
                }
                seat.work();
                assert!(roster.returns(index, seat).is_none());
                // As `Scheduler::thread_leaves`.
                park.unpark_one();
                slept
            })
        });
        if shared.0.set_wanted(1) {
            shared.1.unpark_one();
        }
        for sleeper in sleepers {
            seen.note(if sleeper.join().unwrap() { "it slept" } else { "it saw it" });
        }
        assert_eq!(shared.0.workers(), 1);
    });
}

#[test]
fn a_spare_meets_a_resize() {
    explore(["the spare left", "the spare stays as a worker"], |seen| {
        let roster = roster(2, 1);
        roster.set_wanted(1);
        let _worker = take(&roster);
        let spare = roster.take_for_spare().expect("there is a seat");
        assert!(roster.take_for_spare().is_none(), "one spare at most");
        let theirs = roster.clone();
        let leaves = thread::spawn(move || look(&theirs, spare, true).is_some());
        // One worker more than there are seats for while the spare has one.
        roster.set_wanted(2);
        let started = start_missing(&roster).len();
        let stays = leaves.join().unwrap();
        assert_eq!(roster.workers(), 2, "a worker is missing");
        assert_eq!(started + usize::from(stays), 1);
        assert_eq!(roster.manned(), 2);
        seen.note(if stays { "the spare stays as a worker" } else { "the spare left" });
    });
}

/// One worker, which looks after the number has gone down to one again, while another thread makes it two.
fn shrinks_and_looks(roster: &Arc<Roster<Seat>>) -> thread::JoinHandle<Option<(usize, Seat)>> {
    roster.set_wanted(1);
    let first = take(roster);
    let theirs = roster.clone();
    thread::spawn(move || {
        theirs.set_wanted(1);
        look(&theirs, first, false)
    })
}

#[test]
fn a_shrink_meets_a_start() {
    explore(["the first left", "the second left", "both stay", "none came"], |seen| {
        let roster = roster(2, 0);
        let first = shrinks_and_looks(&roster);
        roster.set_wanted(2);
        let second = roster.take_for_worker();
        let came = second.is_some();
        let is_told = came && roster.has_started();
        let first = first.join().unwrap();
        if first.is_some() && came && roster.is_surplus() {
            assert!(is_told, "nobody tells the others");
        }
        let second = second.and_then(|second| look(&roster, second, false));
        assert!(!roster.is_surplus());
        seen.note(match (came, first, second) {
            (false, Some(_), _) => "none came",
            (true, None, Some(_)) => "the first left",
            (true, Some(_), None) => "the second left",
            (true, Some(_), Some(_)) => "both stay",
            _ => panic!("the last has left"),
        });
    });
}

#[test]
fn a_shrink_meets_a_start_that_is_refused() {
    explore(["none was to come", "it was refused"], |seen| {
        let roster = roster(2, 0);
        let first = shrinks_and_looks(&roster);
        roster.set_wanted(2);
        let second = roster.take_for_worker();
        seen.note(if second.is_some() { "it was refused" } else { "none was to come" });
        if let Some(second) = second {
            roster.gives_back(second, false);
        }
        assert!(first.join().unwrap().is_some(), "the only one has left");
        assert_eq!(roster.workers(), 1);
    });
}
