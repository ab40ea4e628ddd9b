//! What a `JoinHandle` does: await, ask, detach; from any executor, thread and waker.

mod support;

use filch_executor::{JoinHandle, yield_now};
use filch_primitives::sync::{Arc, Mutex};
use std::future::poll_fn;
use std::task::{Poll, Waker};
use support::{
    Counter, Gate, WakeCounter, WakeFn, both_flavours, bounded, each_multi, eventually, multi,
    poll_once, poll_with, single, thread,
};

#[test]
fn a_dropped_handle_detaches_its_task() {
    both_flavours(|executor| {
        let (gate, ended) = (Gate::new(), Counter::new());
        let (wait, ends) = (gate.wait(), ended.clone());
        drop(executor.spawn(async move {
            wait.await;
            ends.add_one();
        }));
        executor.block_on(async {
            while gate.waiting() == 0 {
                yield_now().await;
            }
            gate.open();
            while ended.get() == 0 {
                yield_now().await;
            }
        });
    });
}

#[test]
fn the_output_of_a_detached_task_is_dropped_once() {
    both_flavours(|executor| {
        let dropped = Counter::new();
        let output = dropped.on_drop();
        drop(executor.spawn(async move { output }));
        executor.block_on(async {
            while dropped.get() == 0 {
                yield_now().await;
            }
        });
        drop(executor);
        assert_eq!(dropped.get(), 1);
    });
}

#[test]
fn the_output_of_an_ended_task_goes_with_its_handle() {
    both_flavours(|executor| {
        let dropped = Counter::new();
        let output = dropped.on_drop();
        let task = executor.spawn(async move { output });
        executor.block_on(async {
            while !task.is_finished() {
                yield_now().await;
            }
        });
        assert_eq!(dropped.get(), 0);
        drop(task);
        assert_eq!(dropped.get(), 1);
    });
}

#[test]
fn an_output_survives_its_executor() {
    both_flavours(|executor| {
        let mut task = executor.spawn(async { String::from("kept") });
        executor.block_on(async {
            while !task.is_finished() {
                yield_now().await;
            }
        });
        drop(executor);
        match poll_once(&mut task) {
            Poll::Ready(output) => assert_eq!(output.unwrap(), "kept"),
            Poll::Pending => panic!("it had ended"),
        }
    });
}

#[test]
fn a_handle_can_be_awaited_on_another_executor() {
    bounded(|| {
        let (a, b, c) = (multi(2), single(), multi(1));
        let gate = Gate::new();
        let wait = gate.wait();
        let task = a.spawn(async move {
            wait.await;
            7
        });
        let on_c = c.spawn(async move { task.await.unwrap() + 1 });
        let opener = thread(move || gate.open());
        assert_eq!(b.block_on(on_c).unwrap(), 8);
        opener.join().unwrap();
    });
}

#[test]
fn is_finished_turns_true_once_and_for_all() {
    both_flavours(|executor| {
        let gate = Gate::new();
        let mut task = executor.spawn(gate.wait());
        assert!(!task.is_finished());
        gate.open();
        executor.block_on(async { (&mut task).await.unwrap() });
        assert!(task.is_finished());
        assert!(task.abort_handle().is_finished());
    });
}

#[test]
fn the_last_waker_that_polled_is_the_one_that_is_woken() {
    both_flavours(|executor| {
        let gate = Gate::new();
        let mut task = executor.spawn(gate.wait());
        let (first, second) = (WakeCounter::new(), WakeCounter::new());
        assert!(poll_with(&mut task, &Waker::from(first.clone())).is_pending());
        assert!(poll_with(&mut task, &Waker::from(second.clone())).is_pending());
        // The same once more: nothing is registered anew.
        assert!(poll_with(&mut task, &Waker::from(second.clone())).is_pending());
        gate.open();
        executor.block_on(async {
            while !task.is_finished() {
                yield_now().await;
            }
        });
        eventually("the joiner is woken", || second.wakes() == 1);
        assert_eq!(first.wakes(), 0);
        assert!(poll_once(&mut task).is_ready());
    });
}

#[test]
fn replacing_the_waker_races_with_the_end_and_no_wake_up_is_lost() {
    each_multi(|executor| {
        for _ in 0..2000 {
            let gate = Gate::new();
            let mut task = executor.spawn(gate.wait());
            let opener = gate.clone();
            let other = executor.spawn(async move { opener.open() });
            let mut replaced = 0;
            let last = loop {
                let waker = WakeCounter::new();
                if poll_with(&mut task, &Waker::from(waker.clone())).is_ready() {
                    break None;
                }
                replaced += 1;
                if replaced == 50 {
                    break Some(waker);
                }
            };
            if let Some(last) = last {
                eventually("the last waker is woken", || last.wakes() == 1);
                assert!(poll_once(&mut task).is_ready());
            }
            executor.block_on(other).unwrap();
        }
    });
}

#[test]
fn the_registered_waker_goes_with_the_handle() {
    both_flavours(|executor| {
        let gate = Gate::new();
        let mut task = executor.spawn(gate.wait());
        let counter = WakeCounter::new();
        assert!(poll_with(&mut task, &Waker::from(counter.clone())).is_pending());
        assert_eq!(Arc::strong_count(&counter), 2);
        drop(task);
        assert_eq!(Arc::strong_count(&counter), 1);
        gate.open();
        support::assert_lives(&executor);
        assert_eq!(counter.wakes(), 0);
    });
}

#[test]
fn many_handles_awaited_together_give_all_outputs() {
    both_flavours(|executor| {
        let gate = Gate::new();
        let mut tasks: Vec<Option<JoinHandle<usize>>> = (0..300)
            .map(|n| {
                let wait = gate.wait();
                Some(executor.spawn(async move {
                    if n % 3 == 0 {
                        wait.await;
                    }
                    yield_now().await;
                    n
                }))
            })
            .collect();
        let mut sum = 0;
        let mut left = tasks.len();
        executor.block_on(poll_fn(|cx| {
            for slot in &mut tasks {
                let Some(task) = slot else { continue };
                if let Poll::Ready(output) = poll_with(task, cx.waker()) {
                    sum += output.unwrap();
                    left -= 1;
                    *slot = None;
                }
            }
            if left == 100 {
                gate.open();
            }
            if left == 0 { Poll::Ready(()) } else { Poll::Pending }
        }));
        assert_eq!(sum, 299 * 150);
    });
}

#[test]
fn a_handle_that_lost_a_race_can_be_awaited_later() {
    both_flavours(|executor| {
        let gate = Gate::new();
        let (mut slow, mut fast) = (executor.spawn(gate.wait()), executor.spawn(async { 1 }));
        executor.block_on(poll_fn(|cx| {
            assert!(poll_with(&mut slow, cx.waker()).is_pending());
            poll_with(&mut fast, cx.waker()).map(|output| assert_eq!(output.unwrap(), 1))
        }));
        gate.open();
        executor.block_on(slow).unwrap();
    });
}

#[test]
fn the_waker_may_drop_the_handle_it_was_registered_by() {
    both_flavours(|executor| {
        let (gate, dropped, woken) = (Gate::new(), Counter::new(), Counter::new());
        let (wait, output) = (gate.wait(), dropped.on_drop());
        let task = executor.spawn(async move {
            wait.await;
            output
        });
        let slot = Arc::new(Mutex::new(Some(task)));
        let (theirs, counts) = (slot.clone(), woken.clone());
        let waker = Waker::from(Arc::new(WakeFn(move || {
            let handle = theirs.lock().take();
            drop(handle);
            counts.add_one();
        })));
        assert!(poll_with(slot.lock().as_mut().unwrap(), &waker).is_pending());
        drop(waker);
        gate.open();
        executor.block_on(async {
            while woken.get() == 0 {
                yield_now().await;
            }
        });
        assert_eq!(dropped.get(), 1);
        support::assert_lives(&executor);
    });
}

#[test]
fn handles_dropped_while_their_tasks_end_lose_no_destructor() {
    each_multi(|executor| {
        let dropped = Counter::new();
        let rounds = 5000;
        for _ in 0..rounds {
            let output = dropped.on_drop();
            let mut task = executor.spawn(async move { output });
            let _either = poll_once(&mut task);
            drop(task);
        }
        eventually("every output is dropped", || dropped.get() == rounds);
        drop(executor);
        assert_eq!(dropped.get(), rounds);
    });
}

#[test]
#[should_panic(expected = "polled after it had returned")]
fn a_handle_polled_after_its_output_panics() {
    bounded(|| {
        let executor = single();
        let mut task = executor.spawn(async {});
        executor.block_on(async { (&mut task).await.unwrap() });
        let _never = poll_once(&mut task);
    });
}

#[test]
fn a_handle_is_send_and_sync_where_its_output_is_send() {
    fn assert_send_sync<T: Send + Sync>() {}
    assert_send_sync::<JoinHandle<std::cell::Cell<u8>>>();
    assert_send_sync::<filch_executor::AbortHandle>();
}
