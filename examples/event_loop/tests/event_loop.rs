//! The loop does what the book says of it.

use event_loop_example::{call_later, run, sleep, spawn};
use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(20);
const FOREVER: Duration = Duration::from_secs(3600);

/// What was said, in order.
#[derive(Clone, Default)]
struct Said(Rc<RefCell<Vec<String>>>);

impl Said {
    fn say(&self, word: impl ToString) {
        self.0.borrow_mut().push(word.to_string());
    }

    fn all(&self) -> Vec<String> {
        self.0.take()
    }
}

#[test]
fn a_spawned_task_starts_when_main_awaits_something() {
    let said = Said::default();
    let ours = said.clone();
    run(async move {
        let theirs = ours.clone();
        let task = spawn(async move { theirs.say("task") });
        ours.say("main");
        task.await;
    });
    assert_eq!(said.all(), ["main", "task"]);
}

#[test]
fn tasks_take_turns_in_the_order_of_the_queue() {
    let said = Said::default();
    let ours = said.clone();
    run(async move {
        let tasks = ["a", "b", "c"].map(|name| {
            let said = ours.clone();
            spawn(async move {
                for step in 0..2 {
                    said.say(format!("{name}{step}"));
                    give_way().await;
                }
            })
        });
        for task in tasks {
            task.await;
        }
    });
    assert_eq!(said.all(), ["a0", "b0", "c0", "a1", "b1", "c1"]);
}

#[test]
fn waits_overlap_and_timers_fire_in_the_order_of_their_deadlines_and_never_early() {
    let said = Said::default();
    let ours = said.clone();
    let start = Instant::now();
    run(async move {
        let tasks = [3, 1, 2].map(|n| {
            let said = ours.clone();
            spawn(async move {
                sleep(n * SHORT).await;
                assert!(start.elapsed() >= n * SHORT);
                said.say(n);
            })
        });
        for task in tasks {
            task.await;
        }
    });
    assert_eq!(said.all(), ["1", "2", "3"]);
}

#[test]
fn when_main_ends_who_is_ready_has_a_turn_and_who_waits_is_dropped() {
    struct Goodbye(Said);
    impl Drop for Goodbye {
        fn drop(&mut self) {
            self.0.say("dropped");
        }
    }
    let said = Said::default();
    let theirs = said.clone();
    run(async move {
        spawn(async move {
            let goodbye = Goodbye(theirs);
            goodbye.0.say("inside foo");
            sleep(FOREVER).await;
            goodbye.0.say("Ending foo");
        });
    });
    assert_eq!(said.all(), ["inside foo", "dropped"]);
}

#[test]
fn callbacks_are_called_after_what_is_in_the_queue_and_in_the_order_of_their_delays() {
    let said = Said::default();
    let ours = said.clone();
    run(async move {
        for (delay, word) in [(2 * SHORT, "third"), (SHORT, "second"), (Duration::ZERO, "first")] {
            let theirs = ours.clone();
            call_later(delay, move || theirs.say(word));
        }
        ours.say("main");
        sleep(3 * SHORT).await;
    });
    assert_eq!(said.all(), ["main", "first", "second", "third"]);
}

#[test]
fn another_thread_wakes_the_loop() {
    let (tell, told) = mpsc::channel();
    let mut other = None;
    let answer = run(poll_fn(move |cx| {
        if other.is_none() {
            let (waker, tell) = (cx.waker().clone(), tell.clone());
            other = Some(thread::spawn(move || {
                thread::sleep(SHORT);
                tell.send(42).expect("the loop still listens");
                waker.wake();
            }));
        }
        told.try_recv().map_or(Poll::Pending, Poll::Ready)
    }));
    assert_eq!(answer, 42);
}

#[test]
fn two_wake_ups_before_a_poll_are_one_poll_and_one_during_it_is_another() {
    let mut polls = 0;
    let polls = run(poll_fn(move |cx| {
        polls += 1;
        if polls == 1 {
            cx.waker().wake_by_ref();
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(polls)
    }));
    assert_eq!(polls, 2);
}

#[test]
fn nobody_is_polled_while_nothing_happens() {
    let polls = Said::default();
    let ours = polls.clone();
    run(async move {
        spawn(poll_fn(move |_| {
            ours.say("poll");
            Poll::<()>::Pending
        }));
        sleep(SHORT).await;
    });
    assert_eq!(polls.all().len(), 1);
}

#[test]
fn a_panic_ends_the_loop_and_the_thread_can_have_another() {
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        run(async {
            spawn(async { panic!("on purpose") });
            pending::<()>().await;
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(run(async { 7 }), 7);
}

/// Waits for one turn.
async fn give_way() {
    let mut gave_way = false;
    poll_fn(move |cx| {
        if gave_way {
            return Poll::Ready(());
        }
        gave_way = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
