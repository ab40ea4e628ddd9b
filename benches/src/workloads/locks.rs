//! What does a lock cost, a permit, a notification: free, and fought for?

use super::{About, Entry, Goal, Measure, Outcome, Workload, as_many, at_once};
use crate::contestant::Contestant;
use crate::contestant::subjects::{Mutex, Notify, RwLock, Semaphore};
use std::sync::Arc;

pub(super) const ENTRIES: &[Entry] = &[
    Entry::everyone::<Lock<1, false>>(),
    Entry::everyone::<Lock<MANY, false>>(),
    Entry::everyone::<Lock<MANY, true>>(),
    Entry::everyone::<Shared<1>>(),
    Entry::everyone::<Shared<MANY>>(),
    Entry::everyone::<Acquire<1>>(),
    Entry::everyone::<Acquire<MANY>>(),
    Entry::everyone::<NotifyPingPong>(),
];

const LOCK: About = About {
    name: "",
    group: "locks",
    question: "What does a lock cost, a permit, a notification: free, and fought for?",
    operation: "",
    measure: Measure::Time,
    size: 100_000,
    bench_size: Some(10_000),
    tiny: 16,
    operations: as_many,
    goals: &[],
};

/// Those who fight for it.
const MANY: u64 = 8;

/// What a task does with the lock in its hand.
async fn hold<C: Contestant>(give_way: bool) {
    if give_way {
        C::yield_now().await;
    }
}

fn lock<C: Contestant>(contestant: &C, tasks: u64, held: bool, size: u64) -> Outcome {
    let mutex = Arc::new(C::Mutex::new());
    let outcome = Outcome::time(|| {
        let lock = |mutex: Arc<C::Mutex>| async move {
            for _ in 0..size / tasks {
                mutex.increment(hold::<C>(held)).await;
            }
        };
        contestant.block_on(at_once::<C, _>(tasks, || lock(Arc::clone(&mutex))));
    });
    assert_eq!(contestant.block_on(mutex.get()), size);
    outcome
}

/// So many tasks add to a number, and give way before they unlock, or not.
struct Lock<const TASKS: u64, const HELD: bool>;

impl<const TASKS: u64, const HELD: bool> Workload for Lock<TASKS, HELD> {
    const ABOUT: About = About {
        name: match (TASKS, HELD) {
            (1, _) => "mutex_uncontended",
            (_, false) => "mutex_contended",
            (_, true) => "mutex_held_across_yield",
        },
        operation: match (TASKS, HELD) {
            (1, _) => "lock and unlock",
            (_, false) => "lock and unlock, 8 tasks at it",
            (_, true) => "lock, yield and unlock, 8 tasks at it",
        },
        goals: match (TASKS, HELD) {
            (1, _) => &[Goal::fixed(15.0)],
            (_, false) => &[Goal::tokio(0.25)],
            (_, true) => &[],
        },
        ..LOCK
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        lock(contestant, TASKS, HELD, size)
    }
}

/// So many tasks read a number, and every eighth time add to it; if they are many, they give way before they
/// unlock.
struct Shared<const TASKS: u64>;

impl<const TASKS: u64> Workload for Shared<TASKS> {
    const ABOUT: About = About {
        name: if TASKS == 1 { "rwlock_uncontended" } else { "rwlock_contended" },
        operation: if TASKS == 1 {
            "lock for reading (of 8 times 7) or writing, and unlock"
        } else {
            "the same with a yield before the unlock, 8 tasks at it"
        },
        ..LOCK
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let lock = Arc::new(C::RwLock::new());
        let outcome = Outcome::time(|| {
            let work = |lock: Arc<C::RwLock>| async move {
                for n in 1..=size / TASKS {
                    if n % 8 == 0 {
                        lock.increment(hold::<C>(TASKS > 1)).await;
                    } else {
                        lock.read(hold::<C>(TASKS > 1)).await;
                    }
                }
            };
            contestant.block_on(at_once::<C, _>(TASKS, || work(Arc::clone(&lock))));
        });
        let written = contestant.block_on(lock.read(async {}));
        assert_eq!(written, TASKS * (size / TASKS / 8));
        outcome
    }
}

fn acquire<C: Contestant>(contestant: &C, tasks: u64, size: u64) -> Outcome {
    let semaphore = Arc::new(C::Semaphore::new(2));
    Outcome::time(|| {
        let acquire = |semaphore: Arc<C::Semaphore>| async move {
            for _ in 0..size / tasks {
                semaphore.with_permit(hold::<C>(tasks > 1)).await;
            }
        };
        contestant.block_on(at_once::<C, _>(tasks, || acquire(Arc::clone(&semaphore))));
    })
}

/// So many tasks share two permits, and give way before they give one back if they are many.
struct Acquire<const TASKS: u64>;

impl<const TASKS: u64> Workload for Acquire<TASKS> {
    const ABOUT: About = About {
        name: if TASKS == 1 { "semaphore_uncontended" } else { "semaphore_contended" },
        operation: if TASKS == 1 {
            "permit taken and given back"
        } else {
            "permit taken, yield, given back, 8 tasks at 2 permits"
        },
        ..LOCK
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        acquire(contestant, TASKS, size)
    }
}

/// Two tasks notify each other in turn.
struct NotifyPingPong;

impl Workload for NotifyPingPong {
    const ABOUT: About =
        About { name: "notify_ping_pong", operation: "notification there and back", ..LOCK };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        let ping = Arc::new((C::Notify::new(), C::Notify::new()));
        let pong = Arc::clone(&ping);
        Outcome::time(|| {
            contestant.block_on(async {
                let server = C::spawn(async move {
                    for _ in 0..size {
                        ping.0.notified().await;
                        ping.1.notify_one();
                    }
                });
                let client = C::spawn(async move {
                    for _ in 0..size {
                        pong.0.notify_one();
                        pong.1.notified().await;
                    }
                });
                client.await;
                server.await;
            });
        })
    }
}
