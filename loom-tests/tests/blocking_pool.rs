//! Which thread of a pool gets which job: `crates/executor/src/blocking/desk.rs`.
#![cfg(filch_loom)]

use filch_executor::model::blocking::{Desk, Knocked, Limits, Next, Pace, Refused, Seat, Start};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::{Arc, Condvar, Mutex};
use filch_primitives::thread::{self, JoinHandle};
use loom_tests::explore;
use std::task::{Wake, Waker};
use std::time::Duration;

/// A job that others may wait for, and from where on jobs are long: they wait for that one.
const SHORT: usize = 100;
const LONG: usize = 1000;

/// A pool whose jobs are counted.
struct Pool {
    desk: Desk<usize>,
    /// A digit for each job: how often it has run.
    ran: AtomicUsize,
    /// What the long jobs wait for.
    waits_for: Mutex<usize>,
    has_run: Condvar,
}

impl Pool {
    fn new(threads: usize, queue: usize, haste: u32) -> Arc<Self> {
        let desk = Desk::new(Limits { threads, queue, haste, look_in: Duration::ZERO });
        let waits_for = Mutex::new(0);
        Arc::new(Self { desk, ran: AtomicUsize::new(0), waits_for, has_run: Condvar::new() })
    }

    fn run(&self, job: usize) {
        if job == SHORT {
            *self.waits_for.lock() = 0;
            self.has_run.notify_all();
        } else if job >= LONG {
            let mut waits_for = self.waits_for.lock();
            while *waits_for > 0 {
                waits_for = self.has_run.wait(waits_for);
            }
        }
        // Ordering: Relaxed; read after joining.
        self.ran.fetch_add(job, Ordering::Relaxed);
    }

    fn ran(&self) -> usize {
        // Ordering: Relaxed; the threads are joined.
        self.ran.load(Ordering::Relaxed)
    }
}

/// A thread of the pool, as `Crew::work`.
fn work(pool: &Arc<Pool>, first: Start<usize>) {
    let Some(mut turn) = first else { return };
    let mut threads = Vec::new();
    threads.extend(start(pool, pool.desk.call_for_the_rest()));
    let seat = Seat::new();
    loop {
        let bet = turn.bet;
        let pace = if turn.job == 2 * LONG { Pace::Lent } else { Pace::Brisk };
        pool.run(turn.job);
        // Looks once.
        let mut looks = 2;
        let spin = || {
            looks -= 1;
            looks > 0
        };
        match pool.desk.next(&seat, (bet, pace), spin, Duration::ZERO) {
            Next::Run(next, another) => {
                threads.extend(start(pool, another));
                turn = next;
            }
            Next::Leave => break,
        }
    }
    pool.desk.thread_ends();
    join(threads);
}

/// As `Crew::start`.
fn start(pool: &Arc<Pool>, start: Start<usize>) -> Option<JoinHandle<()>> {
    let turn = start?;
    let theirs = pool.clone();
    let thread = thread::spawn(move || work(&theirs, Some(turn)));
    pool.desk.started(false);
    Some(thread)
}

/// Submits a job; the thread that was started for it.
fn submit(pool: &Arc<Pool>, job: usize) -> Option<JoinHandle<()>> {
    start(pool, pool.desk.submit(job).expect("the pool is open and has room"))
}

fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}

const NEVER: u32 = u32::MAX;

#[test]
fn submission_meets_time_out() {
    explore(["one thread", "two threads"], |seen| {
        let pool = Pool::new(1, 1, NEVER);
        let mut threads = Vec::new();
        threads.extend(submit(&pool, 1));
        // The first thread may run, wait, leave, or have left.
        threads.extend(submit(&pool, 10));
        seen.note(if threads.len() == 1 { "one thread" } else { "two threads" });
        join(threads);
        assert_eq!(pool.ran(), 11, "a job was not run");
    });
}

#[test]
fn submission_meets_close() {
    explore(["ran", "came back", "was refused"], |seen| {
        let pool = Pool::new(1, 1, NEVER);
        let first = submit(&pool, 1);
        let theirs = pool.clone();
        let closer = thread::spawn(move || {
            let (jobs, _nobody) = theirs.desk.close();
            jobs.into_iter().sum::<usize>()
        });
        let mut refused = 0;
        let mut second = None;
        match pool.desk.submit(10) {
            Ok(another) => second = start(&pool, another),
            Err(Refused::Closed(job)) => refused = job,
            Err(Refused::Full(_)) => unreachable!("there is room for one"),
        }
        let came_back = closer.join().unwrap();
        join(first.into_iter().chain(second));
        assert_eq!(pool.ran() + came_back + refused, 11, "a job is lost, or twice there");
        seen.note(match (came_back, refused) {
            (0, 0) => "ran",
            (_, 0) => "came back",
            _ => "was refused",
        });
    });
}

#[test]
fn start_fails() {
    explore(["by a thread", "by nobody"], |seen| {
        let pool = Pool::new(1, 1, NEVER);
        // The other submitter's thread does not come into being.
        let theirs = pool.clone();
        let other = thread::spawn(move || match theirs.desk.submit(1).unwrap() {
            Some(turn) => theirs.desk.start_failed(turn, false).err().unwrap_or(0),
            None => 0,
        });
        let own = submit(&pool, 10);
        let without_thread = other.join().unwrap();
        join(own);
        assert_eq!(pool.ran() + without_thread, 11, "a job waits for a thread that there is not");
        seen.note(if without_thread == 0 { "by a thread" } else { "by nobody" });
    });
}

struct Told(AtomicUsize);

impl Wake for Told {
    fn wake(self: std::sync::Arc<Self>) {
        // Ordering: Relaxed; read after joining.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn guest_meets_free_thread() {
    explore(["entered", "waited"], |seen| {
        let pool = Pool::new(1, 0, NEVER);
        let first = submit(&pool, 1);
        let told = std::sync::Arc::new(Told(AtomicUsize::new(0)));
        let knocked = pool.desk.knock(10, &Waker::from(told.clone())).unwrap();
        let (own, waited) = match knocked {
            Knocked::Entered(another) => (start(&pool, another), false),
            Knocked::Waits(_) => (None, true),
        };
        join(first.into_iter().chain(own));
        assert_eq!(pool.ran(), 11, "a guest is forgotten");
        // Ordering: Relaxed; the threads are joined.
        assert_eq!(told.0.load(Ordering::Relaxed), usize::from(waited), "the guest is told, once");
        seen.note(if waited { "waited" } else { "entered" });
    });
}

#[test]
fn guest_leaves_while_a_thread_comes() {
    explore(["ran", "left"], |seen| {
        let pool = Pool::new(1, 0, NEVER);
        let first = submit(&pool, 1);
        let knocked = pool.desk.knock(10, Waker::noop()).unwrap();
        let (own, left) = match knocked {
            Knocked::Entered(another) => (start(&pool, another), None),
            Knocked::Waits(ticket) => (None, pool.desk.leave_lobby(ticket)),
        };
        join(first.into_iter().chain(own));
        assert_eq!(pool.ran() + left.unwrap_or(0), 11, "the guest's job is lost, or twice there");
        seen.note(if left.is_some() { "left" } else { "ran" });
    });
}

#[test]
fn haste_loses_no_job() {
    explore(["ran"], |seen| {
        // Haste from the start: the first thread spins, and what comes meanwhile waits for it.
        let pool = Pool::new(2, 4, 0);
        let mut threads = Vec::new();
        threads.extend(submit(&pool, 1));
        threads.extend(submit(&pool, 10));
        threads.extend(submit(&pool, 100));
        join(threads);
        assert_eq!(pool.ran(), 111, "a job was not run");
        seen.note("ran");
    });
}

#[test]
fn bet_is_lost() {
    explore(["handed", "a third thread"], |seen| {
        let pool = Pool::new(2, 4, 0);
        *pool.waits_for.lock() = SHORT;
        let mut threads = Vec::new();
        threads.extend(submit(&pool, 1));
        threads.extend(submit(&pool, LONG));
        // The first thread may be the deputy by now; the second one is bet on and does not come back before
        // this one has run.
        threads.extend(submit(&pool, SHORT));
        seen.note(if threads.len() == 3 { "a third thread" } else { "handed" });
        join(threads);
        assert_eq!(pool.ran(), 1 + LONG + SHORT, "a job was not run");
    });
}

#[test]
fn deputy_is_called_away() {
    explore(["called away", "had left"], |seen| {
        let pool = Pool::new(2, 4, 0);
        *pool.waits_for.lock() = SHORT;
        let mut threads = Vec::new();
        threads.extend(submit(&pool, 1));
        threads.extend(submit(&pool, LONG));
        threads.extend(submit(&pool, SHORT));
        let [own, rest] = pool.desk.submit_worker(2 * LONG).expect("it is open");
        seen.note(if own.is_some() { "had left" } else { "called away" });
        threads.extend(start(&pool, rest));
        if let Some(turn) = own {
            let theirs = pool.clone();
            threads.push(thread::spawn(move || work(&theirs, Some(turn))));
        }
        join(threads);
        assert_eq!(pool.ran(), 1 + 3 * LONG + SHORT, "a job was not run");
    });
}
