//! Waiting for an event: a wait that is dropped changes nothing, or hands on what it had got.

use crate::Tally;
use crate::dropping::{Dropper, while_others_work};
use crate::support::{Counted, block_on};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::sync::Mutex;
use filch_primitives::thread;
use filch_sync::{
    Barrier, CancellationToken, Notify, OnceCell, SetOnce, broadcast, mpsc, oneshot, watch,
};
use futures_lite::future::yield_now;
use std::future::{Future, pending};
use std::sync::Arc;

/// Drops waits for an event, before it and at that moment, while two others wait for it too: they are through when it has
/// happened, and not before.
fn waits_change_nothing<F: Future>(wait: impl Fn() -> F + Sync, happen: impl FnOnce() + Send) {
    std::thread::scope(|threads| {
        let others = [(); 2].map(|()| threads.spawn(|| drop(block_on(wait()))));
        let mut dropper = Dropper::default();
        while !dropper.is_done() {
            assert!(dropper.attempt(wait()).is_none(), "nothing has happened yet");
        }
        assert!(others.iter().all(|other| !other.is_finished()));
        let happening = threads.spawn(happen);
        while !happening.is_finished() {
            dropper.attempt(wait());
        }
        block_on(wait());
    });
}

#[test]
fn set_once_wait() {
    let cell = SetOnce::new();
    waits_change_nothing(|| cell.wait(), || cell.set(7).unwrap());
}

#[test]
fn cancelled() {
    let token = CancellationToken::new();
    waits_change_nothing(|| token.cancelled(), || token.cancel());
}

#[test]
fn cancelled_owned_of_children_that_are_dropped_with_it() {
    let token = CancellationToken::new();
    waits_change_nothing(|| token.child_token().cancelled_owned(), || token.cancel());
}

#[test]
fn run_until_cancelled() {
    let alive = Arc::new(AtomicUsize::new(0));
    let forever = || {
        let alive = alive.clone();
        async move {
            let _held = Counted::new(0, &alive);
            pending::<()>().await;
        }
    };
    let token = CancellationToken::new();
    waits_change_nothing(|| token.run_until_cancelled(forever()), || token.cancel());
    let token = CancellationToken::new();
    waits_change_nothing(|| token.clone().run_until_cancelled_owned(forever()), || token.cancel());
    // Ordering: Relaxed; every thread was joined.
    assert_eq!(alive.load(Ordering::Relaxed), 0, "a future outlived its run");
}

#[test]
fn closed_of_mpsc() {
    let (tx, rx) = mpsc::channel::<()>(1);
    waits_change_nothing(|| tx.closed(), || drop(rx));
    let (tx, rx) = mpsc::unbounded_channel::<()>();
    waits_change_nothing(|| tx.closed(), || drop(rx));
}

#[test]
fn closed_of_broadcast() {
    let (tx, rx) = broadcast::channel::<()>(1);
    waits_change_nothing(|| tx.closed(), || drop(rx));
}

#[test]
fn closed_of_watch() {
    let (tx, rx) = watch::channel(());
    waits_change_nothing(|| tx.closed(), || drop(rx));
}

#[test]
fn closed_of_oneshot() {
    let given: Mutex<Option<oneshot::Receiver<()>>> = Mutex::default();
    let close = || match given.lock().take() {
        Some(rx) => drop(rx),
        None => thread::yield_now(),
    };
    while_others_work(&[&close], |dropper| {
        let (mut tx, rx) = oneshot::channel();
        *given.lock() = Some(rx);
        // Here, and not on the other thread, if that has ended.
        while dropper.attempt(tx.closed()).is_none() {
            if dropper.is_done() {
                close();
            }
        }
        assert!(tx.is_closed());
    });
}

/// Each wake-up gets somebody through, one and not two, however many waiters are dropped that had got it.
fn every_wake_up_gets_one_through<F>(notify: &Notify, notified: impl Fn() -> F + Sync)
where
    F: Future<Output = ()>,
{
    let (sent, through) = (Tally::default(), Tally::default());
    let alone = Mutex::new(());
    // One at a time: of two that nobody waits for, one is kept.
    let notify_if_answered = || {
        let _alone = alone.lock();
        if through.get() == sent.get() {
            if sent.add() % 2 == 0 { notify.notify_one() } else { notify.notify_last() }
        }
    };
    let notifier = || {
        notify_if_answered();
        thread::yield_now();
    };
    let other = || {
        block_on(notified());
        through.add();
    };
    while_others_work(&[&notifier, &other], |dropper| {
        if dropper.attempt(notified()).is_some() {
            through.add();
        }
        if dropper.is_done() {
            // The notifier may have ended, and the other not.
            notify_if_answered();
        }
    });
    // The last may be kept.
    assert!(through.get() <= sent.get() && sent.get() <= through.get() + 1);
}

#[test]
fn notified() {
    let notify = Notify::new();
    every_wake_up_gets_one_through(&notify, || notify.notified());
}

#[test]
fn notified_owned() {
    let notify = Arc::new(Notify::new());
    every_wake_up_gets_one_through(&notify, || notify.clone().notified_owned());
}

#[test]
fn barrier_wait() {
    let barrier = Barrier::new(2);
    let (leaders, followers) = (Tally::default(), Tally::default());
    let count = |result: filch_sync::BarrierWaitResult| {
        if result.is_leader() {
            leaders.add()
        } else {
            followers.add()
        };
    };
    let other = || count(block_on(barrier.wait()));
    while_others_work(&[&other, &other], |dropper| {
        if let Some(result) = dropper.attempt(barrier.wait()) {
            count(result);
        }
    });
    // One that is dropped when its round is complete has come, and led nobody.
    assert!(followers.get() <= leaders.get() && leaders.get() > 0);
    // Nobody is counted as waiting who has gone.
    assert!(Dropper::default().attempt(barrier.wait()).is_none());
    let (first, second) = block_on(futures_lite::future::zip(barrier.wait(), barrier.wait()));
    assert_eq!([first.is_leader(), second.is_leader()], [false, true]);
}

#[test]
fn once_cell_get_or_init() {
    let made = Tally::default();
    let current = Mutex::new(Arc::new(OnceCell::new()));
    let make = async || {
        yield_now().await;
        yield_now().await;
        made.add()
    };
    let other = || {
        let cell = current.lock().clone();
        let value = *block_on(cell.get_or_init(make));
        assert_eq!(cell.get(), Some(&value));
    };
    let mut cells = 0;
    while_others_work(&[&other, &other], |dropper| {
        let cell = current.lock().clone();
        if let Some(value) = dropper.attempt(cell.get_or_init(make)) {
            assert_eq!(*value, cells, "made twice, or not at all");
            cells += 1;
            *current.lock() = Arc::new(OnceCell::new());
        }
    });
}

#[test]
fn once_cell_get_or_try_init() {
    struct Making<'a>(&'a AtomicUsize);
    impl Drop for Making<'_> {
        fn drop(&mut self) {
            // Ordering: Relaxed; the turn in the cell orders them.
            self.0.store(0, Ordering::Relaxed);
        }
    }
    let making = AtomicUsize::new(0);
    let cell = OnceCell::<usize>::new();
    let fail = async || {
        // Ordering: Relaxed; as above.
        assert_eq!(making.swap(1, Ordering::Relaxed), 0, "two at once");
        let _making = Making(&making);
        yield_now().await;
        yield_now().await;
        Err(())
    };
    let other = || assert_eq!(block_on(cell.get_or_try_init(fail)), Err(()));
    while_others_work(&[&other, &other], |dropper| {
        assert!(dropper.attempt(cell.get_or_try_init(fail)).is_none_or(|made| made.is_err()));
    });
    assert_eq!(block_on(cell.get_or_init(async || 7)), &7);
}
