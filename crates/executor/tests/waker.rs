//! Wake-ups: from any thread, at any moment, by value and by reference; none is lost, none does harm.

mod support;

use filch_executor::{Executor, yield_now};
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering};
use filch_primitives::sync::{Arc, Mutex};
use std::future::poll_fn;
use std::sync::mpsc;
use std::task::{Poll, Waker};
use support::{
    Asleep, Counter, Gate, asleep, assert_lives, both_flavours, each_multi, eventually, thread,
};

/// Lets tasks run until `condition` holds.
fn drive_until(executor: &Executor, mut condition: impl FnMut() -> bool) {
    executor.block_on(async move {
        while !condition() {
            yield_now().await;
        }
    });
}

/// Wakes by value, with a reference of its own.
fn wake_a_clone(waker: &Waker) {
    let clone = waker.clone();
    clone.wake();
}

#[test]
fn wakers_cloned_woken_and_dropped_on_many_threads_leave_the_task_whole() {
    both_flavours(|executor| {
        let (sender, wakers) = mpsc::channel();
        let (stop, polls) = (Arc::new(AtomicBool::new(false)), Counter::new());
        let (stopped, counts) = (stop.clone(), polls.clone());
        let task = executor.spawn(poll_fn(move |cx| {
            counts.add_one();
            let _receiver_gone = sender.send(cx.waker().clone());
            // Ordering: Acquire; pairs with the store below.
            if stopped.load(Ordering::Acquire) { Poll::Ready("stopped") } else { Poll::Pending }
        }));
        drive_until(&executor, || polls.get() > 0);
        let waker = wakers.recv().unwrap();
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let waker = waker.clone();
                thread(move || {
                    for round in 0..2000 {
                        match round % 4 {
                            0 => waker.wake_by_ref(),
                            1 => wake_a_clone(&waker),
                            2 => drop(waker.clone()),
                            _ => assert!(waker.will_wake(&waker.clone())),
                        }
                    }
                })
            })
            .collect();
        drive_until(&executor, || threads.iter().all(|thread| thread.is_finished()));
        for thread in threads {
            thread.join().unwrap();
        }
        // Ordering: Release; pairs with the load above.
        stop.store(true, Ordering::Release);
        waker.wake();
        assert_eq!(executor.block_on(task).unwrap(), "stopped");
    });
}

#[test]
fn wakes_before_the_next_poll_merge_into_one_poll() {
    support::bounded(|| {
        let executor = support::single();
        let (sender, wakers) = mpsc::channel();
        let polls = Counter::new();
        let counts = polls.clone();
        drop(executor.spawn(poll_fn(move |cx| {
            counts.add_one();
            sender.send(cx.waker().clone()).unwrap();
            Poll::<()>::Pending
        })));
        executor.block_on(yield_now());
        assert_eq!(polls.get(), 1);
        let waker = wakers.recv().unwrap();
        for _ in 0..10 {
            waker.wake_by_ref();
        }
        executor.block_on(yield_now());
        assert_eq!(polls.get(), 2);
        executor.block_on(yield_now());
        assert_eq!(polls.get(), 2, "without a wake-up there is no poll");
    });
}

#[test]
fn a_wake_during_the_poll_leads_to_one_more_poll() {
    both_flavours(|executor| {
        let mut polls = 0;
        let task = executor.spawn(poll_fn(move |cx| {
            polls += 1;
            if polls == 3 {
                return Poll::Ready(polls);
            }
            cx.waker().wake_by_ref();
            wake_a_clone(cx.waker());
            Poll::Pending
        }));
        assert_eq!(executor.block_on(task).unwrap(), 3);
    });
}

#[test]
fn a_wake_from_another_thread_during_the_poll_leads_to_one_more_poll() {
    each_multi(|executor| {
        let mut polled = false;
        let task = executor.spawn(poll_fn(move |cx| {
            if std::mem::replace(&mut polled, true) {
                return Poll::Ready(());
            }
            let waker = cx.waker().clone();
            thread(move || waker.wake()).join().unwrap();
            Poll::Pending
        }));
        executor.block_on(task).unwrap();
    });
}

#[test]
fn a_wake_before_the_first_poll_is_impossible_and_one_after_the_end_is_harmless() {
    both_flavours(|executor| {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keeps = kept.clone();
        let polls = Counter::new();
        let counts = polls.clone();
        let task = executor.spawn(poll_fn(move |cx| {
            counts.add_one();
            keeps.lock().push(cx.waker().clone());
            Poll::Ready(1)
        }));
        assert_eq!(executor.block_on(task).unwrap(), 1);
        let waker = kept.lock().pop().unwrap();
        waker.wake_by_ref();
        wake_a_clone(&waker);
        drop(waker);
        assert_lives(&executor);
        assert_eq!(polls.get(), 1);
    });
}

#[test]
fn wakers_outlive_the_executor_and_everything_else() {
    both_flavours(|executor| {
        let mut wakers = Vec::new();
        let mut tasks = Vec::new();
        for _ in 0..50 {
            let (task, receiver) = asleep(executor.handle());
            let mut found = None;
            drive_until(&executor, || {
                found = found.take().or_else(|| receiver.try_recv().ok());
                found.is_some()
            });
            wakers.extend(found);
            tasks.push(task);
        }
        let half = tasks.split_off(25);
        drop(half);
        drop(executor);
        let copies = wakers.clone();
        let elsewhere = thread(move || {
            for waker in copies {
                waker.wake_by_ref();
                waker.wake();
            }
        });
        for waker in &wakers {
            waker.wake_by_ref();
        }
        elsewhere.join().unwrap();
        assert!(tasks.iter().all(|task| task.is_finished()));
        drop(tasks);
        for waker in wakers {
            waker.wake();
        }
    });
}

#[test]
fn the_waker_of_block_on_outlives_its_executor() {
    both_flavours(|executor| {
        let mut kept = None;
        executor.block_on(poll_fn(|cx| {
            kept = Some(cx.waker().clone());
            Poll::Ready(())
        }));
        let kept = kept.unwrap();
        kept.wake_by_ref();
        executor.block_on(yield_now());
        drop(executor);
        kept.wake_by_ref();
        thread(move || kept.wake()).join().unwrap();
    });
}

#[test]
fn wakes_race_with_the_executors_end() {
    both_flavours(|executor| {
        let dropped = Counter::new();
        let (sender, wakers) = mpsc::channel();
        for _ in 0..100 {
            let (guard, sleeper) = (dropped.on_drop(), Asleep(sender.clone()));
            drop(executor.spawn(async move {
                let _guard = guard;
                sleeper.await;
            }));
        }
        let mut all: Vec<Waker> = Vec::new();
        drive_until(&executor, || {
            all.extend(wakers.try_iter());
            all.len() >= 100
        });
        let stop = Arc::new(AtomicBool::new(false));
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (all, stop) = (all.clone(), stop.clone());
                thread(move || {
                    // Ordering: Relaxed; a signal and nothing else.
                    while !stop.load(Ordering::Relaxed) {
                        all.iter().for_each(Waker::wake_by_ref);
                    }
                })
            })
            .collect();
        drop(executor);
        assert_eq!(dropped.get(), 100);
        // Ordering: Relaxed; as above.
        stop.store(true, Ordering::Relaxed);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// A flag with the waker of whoever waits for it.
struct Slot {
    round: AtomicUsize,
    waker: Mutex<Option<Waker>>,
}

impl Slot {
    fn new() -> Arc<Self> {
        Arc::new(Self { round: AtomicUsize::new(0), waker: Mutex::new(None) })
    }

    fn set(&self, round: usize, by_value: bool) {
        // Ordering: Release; pairs with the load in `wait`.
        self.round.store(round, Ordering::Release);
        if by_value {
            let waker = self.waker.lock().take();
            if let Some(waker) = waker {
                waker.wake();
            }
        } else if let Some(waker) = &*self.waker.lock() {
            waker.wake_by_ref();
        }
    }

    async fn wait(&self, round: usize) {
        poll_fn(|cx| {
            // Ordering: Acquire; pairs with the store in `set`.
            if self.round.load(Ordering::Acquire) >= round {
                return Poll::Ready(());
            }
            *self.waker.lock() = Some(cx.waker().clone());
            // Ordering: Acquire; as above.
            if self.round.load(Ordering::Acquire) >= round {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

#[test]
fn no_wake_up_is_lost_between_a_task_and_a_thread() {
    both_flavours(|executor| {
        let rounds = 4000;
        let (to_task, to_thread) = (Slot::new(), mpsc::channel());
        let (theirs, answers) = (to_task.clone(), to_thread.0);
        let task = executor.spawn(async move {
            for round in 1..=rounds {
                theirs.wait(round).await;
                answers.send(round).unwrap();
            }
        });
        let waker = thread(move || {
            for round in 1..=rounds {
                to_task.set(round, round % 2 == 0);
                assert_eq!(to_thread.1.recv().unwrap(), round);
            }
        });
        executor.block_on(task).unwrap();
        waker.join().unwrap();
    });
}

#[test]
fn no_wake_up_is_lost_between_tasks_while_workers_fall_asleep() {
    both_flavours(|executor| {
        let rounds = 3000;
        let pairs: Vec<_> = (0..3)
            .flat_map(|_| {
                let (a, b) = (Slot::new(), Slot::new());
                let (a2, b2) = (a.clone(), b.clone());
                let ping = executor.spawn(async move {
                    for round in 1..=rounds {
                        a.set(round, round % 2 == 0);
                        b.wait(round).await;
                    }
                });
                let pong = executor.spawn(async move {
                    for round in 1..=rounds {
                        a2.wait(round).await;
                        b2.set(round, round % 3 == 0);
                    }
                });
                [ping, pong]
            })
            .collect();
        for task in pairs {
            executor.block_on(task).unwrap();
        }
    });
}

#[test]
fn no_wake_up_of_block_on_is_lost() {
    both_flavours(|executor| {
        let rounds = 3000;
        let slot = Slot::new();
        let (go, gone) = mpsc::channel();
        let theirs = slot.clone();
        let waker = thread(move || {
            for round in gone {
                theirs.set(round, round % 2 == 0);
            }
        });
        for round in 1..=rounds {
            go.send(round).unwrap();
            executor.block_on(slot.wait(round));
        }
        drop(go);
        waker.join().unwrap();
    });
}

#[test]
fn no_spawn_from_outside_is_lost_while_workers_fall_asleep() {
    each_multi(|executor| {
        let (sender, receiver) = mpsc::channel();
        for round in 0..5000 {
            let sender = sender.clone();
            drop(executor.spawn(async move { sender.send(round).unwrap() }));
            // One at a time, so that the workers go to sleep in between.
            assert_eq!(receiver.recv_timeout(support::HUNG).unwrap(), round);
        }
    });
}

#[test]
fn a_gate_wakes_everyone_who_waits_for_it() {
    both_flavours(|executor| {
        for _ in 0..50 {
            let gate = Gate::new();
            let tasks: Vec<_> = (0..100).map(|_| executor.spawn(gate.wait())).collect();
            let opener = gate.clone();
            let opened = thread(move || opener.open());
            for task in tasks {
                executor.block_on(task).unwrap();
            }
            opened.join().unwrap();
        }
    });
}

#[test]
fn a_task_woken_by_many_at_once_is_polled_by_one_thread_at_a_time() {
    each_multi(|executor| {
        let (inside, polls) = (Arc::new(AtomicBool::new(false)), Counter::new());
        let (theirs, counts) = (inside.clone(), polls.clone());
        let (sender, wakers) = mpsc::channel();
        let task = executor.spawn(poll_fn(move |cx| {
            // Ordering: AcqRel; whoever finds it set is a second thread.
            assert!(!theirs.swap(true, Ordering::AcqRel), "two polls at once");
            let _receiver_gone = sender.send(cx.waker().clone());
            let enough = counts.add_one() > 1000;
            // Ordering: Release; pairs with the swap.
            theirs.store(false, Ordering::Release);
            if enough { Poll::Ready(()) } else { Poll::Pending }
        }));
        let waker = wakers.recv().unwrap();
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (waker, polls) = (waker.clone(), polls.clone());
                thread(move || {
                    while polls.get() <= 1000 {
                        waker.wake_by_ref();
                    }
                })
            })
            .collect();
        executor.block_on(task).unwrap();
        for thread in threads {
            thread.join().unwrap();
        }
        eventually("every reference but ours is gone", || Arc::strong_count(&inside) == 1);
    });
}
