//! Which poll a worker is in, as others see it: `crates/executor/src/progress.rs`.
#![cfg(filch_loom)]

use filch_executor::model::progress::Progress;
use filch_primitives::sync::Arc;
use filch_primitives::thread;
use loom_tests::explore;

static SITES: [u64; 4] = [0, 1, 2, 3];

#[test]
fn a_look_meets_the_next_poll() {
    explore(["in the first", "on its way", "in the second"], |seen| {
        let progress = Arc::new(Progress::new());
        progress.begin(1, &SITES[1]);
        let theirs = progress.clone();
        let worker = thread::spawn(move || theirs.begin(2, &SITES[2]));
        match progress.look() {
            None => seen.note("on its way"),
            Some(poll) => {
                assert_eq!(poll.number as u64, poll.what, "the task of another poll");
                assert_eq!(*poll.whence, poll.what, "the spawn site of another task");
                seen.note(["", "in the first", "in the second"][poll.number]);
            }
        }
        worker.join().unwrap();
    });
}

#[test]
fn a_look_meets_a_rest() {
    explore(["in the first", "in none", "in the third"], |seen| {
        let progress = Arc::new(Progress::new());
        progress.begin(1, &SITES[1]);
        let theirs = progress.clone();
        let worker = thread::spawn(move || {
            theirs.rest();
            theirs.begin(3, &SITES[3]);
        });
        match progress.look() {
            None => seen.note("in none"),
            Some(poll) => {
                assert_eq!(poll.number as u64, poll.what, "the task of another poll");
                assert_eq!(*poll.whence, poll.what, "the spawn site of another task");
                seen.note(if poll.number == 1 { "in the first" } else { "in the third" });
            }
        }
        worker.join().unwrap();
    });
}
