//! How long a task that can run waits behind others, in polls, for each way to become runnable: the bounds of
//! "Fairness" in `docs/architecture.md`. On several workers nobody can say whose polls to count, so there it is that the
//! task gets in at all.

mod support;

use filch::runtime::{Builder, EventLoop, Handle, Runtime};
use filch::task::yield_now;
use filch::time::{Duration, Instant, sleep};
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use filch_primitives::thread;
use std::net::UdpSocket;
use std::sync::Arc;
use support::bounded;

/// Every so many picks the oldest goes first, where polls are short and where they are long.
const OLDEST_FIRST: usize = 16;
const OLDEST_FIRST_LONG: usize = 2;

/// How many spawned tasks are run newest first.
const SPAWNED: usize = 32;

/// After so many polls at the latest the event loop, or a worker whose polls are short, looks outside.
const LOOK_AFTER: usize = 61;

/// For so long, and a poll, a worker does not look outside; `LONG` is what a long poll takes at least.
const TURN_AFTER: Duration = Duration::from_micros(100);
const LONG: Duration = Duration::from_nanos(500);

/// On what, and so with which bound.
#[derive(Clone, Copy, PartialEq)]
enum On {
    OneWorker,
    FourWorkers,
    EventLoop,
}

/// What the tasks of a test share: how many polls there were, and whether to stop.
#[derive(Default)]
struct Storm {
    polls: AtomicUsize,
    is_over: AtomicBool,
}

// Ordering: SeqCst throughout; a test, and simple.
impl Storm {
    fn poll(&self) {
        self.polls.fetch_add(1, SeqCst);
    }

    fn polls(&self) -> usize {
        self.polls.load(SeqCst)
    }

    fn end(&self) {
        self.is_over.store(true, SeqCst);
    }

    fn is_over(&self) -> bool {
        self.is_over.load(SeqCst)
    }

    /// Tasks that can always run; each poll takes `busy`.
    fn rage(self: &Arc<Self>, tasks: usize, busy: Duration) {
        for _ in 0..tasks {
            let storm = self.clone();
            drop(filch::spawn(async move {
                while !storm.is_over() {
                    storm.poll();
                    spin(busy);
                    yield_now().await;
                }
            }));
        }
    }
}

fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Runs `test` everywhere; it returns how many polls the task waited, and by `bound` how many it may wait.
fn everywhere<F>(
    test: impl Fn(On, Arc<Storm>) -> F + Send + Sync + 'static,
    bound: impl Fn(On) -> usize + Send + Sync + 'static,
) where
    F: Future<Output = usize> + Send + 'static,
{
    let (test, bound) = (Arc::new(test), Arc::new(bound));
    for on in [On::OneWorker, On::FourWorkers, On::EventLoop] {
        let (test, bound) = (test.clone(), bound.clone());
        bounded(move || {
            let storm = Arc::new(Storm::default());
            let body = test(on, storm.clone());
            let waited = match on {
                On::OneWorker => run(&workers(1), body),
                On::FourWorkers => run(&workers(4), body),
                On::EventLoop => {
                    let event_loop = EventLoop::new().unwrap();
                    let body = event_loop.spawn(body);
                    event_loop.block_on(body).unwrap()
                }
            };
            storm.end();
            if on != On::FourWorkers {
                assert!(waited <= bound(on), "{waited} polls came first, and {} may", bound(on));
            }
        });
    }
}

fn workers(count: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    // A spare, which comes when the machine is loaded, has polls of its own.
    builder.worker_threads(count).spare_workers(0).enable_all().build().unwrap()
}

fn run(runtime: &Runtime, body: impl Future<Output = usize> + Send + 'static) -> usize {
    let body = runtime.spawn(body);
    runtime.block_on(body).unwrap()
}

#[test]
fn a_spawned_task_is_not_kept_out_by_ever_newer_ones() {
    everywhere(
        |_, storm| async move {
            let before = storm.polls();
            let theirs = storm.clone();
            let subject = filch::spawn(async move {
                let waited = theirs.polls() - before;
                theirs.end();
                waited
            });
            while !storm.is_over() {
                let theirs = storm.clone();
                drop(filch::spawn(async move { theirs.poll() }));
                storm.poll();
                yield_now().await;
            }
            subject.await.unwrap()
        },
        |on| match on {
            On::EventLoop => 1,
            _ => 2 * OLDEST_FIRST * SPAWNED,
        },
    );
}

#[test]
fn a_task_that_gives_way_has_its_turn_after_all_others_have_had_theirs() {
    const OTHERS: usize = 100;
    everywhere(
        |_, storm| async move {
            storm.rage(OTHERS, Duration::ZERO);
            // By the second time all of them give way like us.
            yield_now().await;
            let mut longest = 0;
            for _ in 0..20 {
                let before = storm.polls();
                yield_now().await;
                longest = longest.max(storm.polls() - before);
            }
            longest
        },
        // One of the others may be new, and have a turn out of turn.
        |_| OTHERS + OLDEST_FIRST,
    );
}

#[test]
fn a_task_that_is_woken_is_not_kept_out_by_two_that_wake_each_other() {
    everywhere(
        |_, storm| async move {
            let [ping, pong] = [(); 2].map(|()| Arc::new(filch::sync::Notify::new()));
            for (own, other) in [(ping.clone(), pong.clone()), (pong, ping.clone())] {
                let storm = storm.clone();
                drop(filch::spawn(async move {
                    while !storm.is_over() {
                        own.notified().await;
                        storm.poll();
                        other.notify_one();
                    }
                    other.notify_one();
                }));
            }
            ping.notify_one();
            let mut longest = 0;
            for _ in 0..20 {
                let before = storm.polls();
                yield_now().await;
                longest = longest.max(storm.polls() - before);
            }
            longest
        },
        |_| OLDEST_FIRST,
    );
}

#[test]
fn a_task_from_outside_comes_in_between() {
    everywhere(
        |_, storm| async move {
            storm.rage(4, Duration::ZERO);
            yield_now().await;
            let theirs = storm.clone();
            let handle = Handle::current();
            // In this poll, so that no other comes between the spawn and the count.
            let spawned = thread::spawn(move || {
                let before = theirs.polls();
                handle.spawn(async move { theirs.polls() - before })
            });
            spawned.join().unwrap().await.unwrap()
        },
        |on| match on {
            On::EventLoop => LOOK_AFTER,
            // A second look, should the worker just have slept; or as many long polls as fit in.
            _ => 2 * LOOK_AFTER + (TURN_AFTER.as_nanos() / LONG.as_nanos()) as usize,
        },
    );
}

#[test]
fn a_task_that_a_socket_wakes_comes_in_between() {
    const OTHERS: usize = 4;
    everywhere(
        |_, storm| async move {
            let socket = filch::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
            let address = socket.local_addr().unwrap();
            let theirs = storm.clone();
            let subject = filch::spawn(async move {
                socket.recv(&mut [0; 1]).await.unwrap();
                theirs.polls()
            });
            storm.rage(OTHERS, 2 * TURN_AFTER);
            // Until the subject waits, and the worker knows what polls these are.
            while storm.polls() < 100 {
                yield_now().await;
            }
            // Before it is sent: on several workers the subject may run at once. In this poll nobody else does.
            let before = storm.polls();
            UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"x", address).unwrap();
            subject.await.unwrap() - before
        },
        |on| match on {
            On::EventLoop => LOOK_AFTER + OTHERS + 1,
            _ => 4 * OLDEST_FIRST_LONG + 1,
        },
    );
}

#[test]
fn a_task_that_a_timer_wakes_comes_in_between() {
    const OTHERS: usize = 4;
    everywhere(
        |_, storm| async move {
            storm.rage(OTHERS, 2 * TURN_AFTER);
            while storm.polls() < 100 {
                yield_now().await;
            }
            let (theirs, start) = (storm.clone(), Instant::now());
            let subject = filch::spawn(async move {
                sleep(Duration::from_millis(20)).await;
                theirs.polls()
            });
            yield_now().await;
            while start.elapsed() < Duration::from_millis(10) {
                yield_now().await;
            }
            // In this poll, so that the timer is due when the next one begins.
            spin(Duration::from_millis(15));
            let before = storm.polls();
            subject.await.unwrap().saturating_sub(before)
        },
        |on| match on {
            On::EventLoop => LOOK_AFTER + OTHERS + 1,
            _ => 4 * OLDEST_FIRST_LONG + 1,
        },
    );
}
