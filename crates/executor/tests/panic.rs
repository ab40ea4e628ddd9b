//! User code may panic anywhere: whoever waits hears of it, and the worker lives on.

mod support;

use filch_executor::{Builder, Executor, JoinError, yield_now};
use filch_primitives::sync::{Arc, Mutex};
use std::panic::panic_any;
use std::task::{Poll, Waker};
use support::{
    Counter, Gate, WakeFn, assert_lives, both_flavours, bounded, eventually, on_drop, poll_once,
    poll_with,
};

/// Panics when it is dropped, but not while the thread is panicking already.
struct PanicsInDrop(&'static str);

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("{}", self.0);
        }
    }
}

/// Executors of both flavours that hand each detached panic's message to `heard`.
fn hooked(workers: usize, hook: impl Fn(&str) + Send + Sync + 'static) -> Executor {
    let mut builder = match workers {
        0 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder
        .worker_threads(workers)
        .on_detached_panic(move |panic| hook(panic.message()))
        .build()
        .unwrap()
}

fn with_hook(test: impl Fn(Executor, Arc<Mutex<Vec<String>>>) + Send + Sync + 'static) {
    let test = Arc::new(test);
    for workers in [0, 1, 4] {
        let test = test.clone();
        bounded(move || {
            let heard = Arc::new(Mutex::new(Vec::new()));
            let hears = heard.clone();
            let executor = hooked(workers, move |message| hears.lock().push(message.to_owned()));
            test(executor, heard);
        });
    }
}

/// Lets tasks run until `condition` holds.
fn drive_until(executor: &Executor, mut condition: impl FnMut() -> bool) {
    executor.block_on(async move {
        while !condition() {
            yield_now().await;
        }
    });
}

/// Spawns `future` and drops its handle before it begins.
fn spawn_detached<F>(executor: &Executor, future: F)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let gate = Gate::new();
    let wait = gate.wait();
    drop(executor.spawn(async move {
        wait.await;
        future.await
    }));
    gate.open();
}

#[track_caller]
fn assert_panicked(error: JoinError, message: &str) {
    assert!(error.is_panic() && !error.is_cancelled());
    assert!(error.to_string().contains(message), "{error}");
}

#[test]
fn a_panic_reaches_the_joiner_with_its_payload() {
    both_flavours(|executor| {
        let task = executor.spawn(async { panic!("no milk") });
        let id = task.id();
        let error: JoinError = executor.block_on(task).unwrap_err();
        assert_eq!(error.id(), id);
        assert_panicked(error, "no milk");

        let task = executor.spawn(async {
            yield_now().await;
            panic_any(42_u32);
        });
        let payload = executor.block_on(task).unwrap_err().into_panic();
        assert_eq!(payload.downcast_ref::<u32>(), Some(&42));
        assert_lives(&executor);
    });
}

#[test]
fn a_thousand_panics_kill_no_worker() {
    both_flavours(|executor| {
        let tasks: Vec<_> = (0..1000).map(|_| executor.spawn(async { panic_any(()) })).collect();
        for task in tasks {
            assert!(executor.block_on(task).unwrap_err().is_panic());
        }
        assert_lives(&executor);
    });
}

#[test]
fn the_locals_of_a_panicking_task_are_dropped_once() {
    both_flavours(|executor| {
        let dropped = Counter::new();
        let guard = dropped.on_drop();
        let task = executor.spawn(async move {
            let _guard = guard;
            panic!("with a guard");
        });
        assert_panicked(executor.block_on(task).unwrap_err(), "with a guard");
        assert_eq!(dropped.get(), 1);
    });
}

/// Ready at once, and panics when it is dropped.
struct ReadyThenPanics<T>(Option<T>, #[expect(dead_code, reason = "for its drop")] PanicsInDrop);

impl<T: Unpin> Future for ReadyThenPanics<T> {
    type Output = T;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
    ) -> Poll<Self::Output> {
        Poll::Ready(self.0.take().unwrap())
    }
}

#[test]
fn a_future_that_panics_in_drop_after_ready_ends_its_task_as_panicked() {
    both_flavours(|executor| {
        let dropped = Counter::new();
        let output = dropped.clone();
        let output = Box::new(on_drop(move || {
            output.add_one();
        }));
        let task = executor.spawn(ReadyThenPanics(Some(output), PanicsInDrop("late")));
        let Err(error) = executor.block_on(task) else { panic!("the destructor panicked") };
        assert_panicked(error, "late");
        assert_eq!(dropped.get(), 1, "the output nobody gets");
        assert_lives(&executor);
    });
}

#[test]
fn a_future_and_its_output_that_both_panic_in_drop_are_survived() {
    both_flavours(|executor| {
        let future = || ReadyThenPanics(Some(PanicsInDrop("output")), PanicsInDrop("future"));
        let Err(error) = executor.block_on(executor.spawn(future())) else {
            panic!("the destructor panicked")
        };
        assert_panicked(error, "future");
        drop(executor.spawn(future()));
        assert_lives(&executor);
    });
}

#[test]
fn a_future_that_panics_in_drop_when_aborted_ends_as_panicked() {
    both_flavours(|executor| {
        for polled_first in [false, true] {
            let gate = Gate::new();
            let wait = gate.wait();
            let bomb = PanicsInDrop("aborted");
            let task = executor.spawn(async move {
                let _bomb = bomb;
                wait.await;
            });
            if polled_first {
                drive_until(&executor, || gate.waiting() == 1);
            }
            task.abort();
            assert_panicked(executor.block_on(task).unwrap_err(), "aborted");
            assert_lives(&executor);
        }
    });
}

#[test]
fn futures_that_panic_in_drop_do_not_stop_the_executors_end() {
    both_flavours(|executor| {
        let (gate, dropped) = (Gate::new(), Counter::new());
        for _ in 0..50 {
            let (wait, guard) = (gate.wait(), dropped.on_drop());
            drop(executor.spawn(async move {
                let _guard = guard;
                let _bomb = PanicsInDrop("at the end");
                wait.await;
            }));
        }
        drive_until(&executor, || gate.waiting() == 50);
        drop(executor);
        assert_eq!(dropped.get(), 50);
    });
}

#[test]
fn an_output_that_panics_in_drop_goes_to_the_hook_when_nobody_awaits_it() {
    with_hook(|executor, heard| {
        spawn_detached(&executor, async { PanicsInDrop("output") });
        drive_until(&executor, || !heard.lock().is_empty());
        assert_eq!(*heard.lock(), ["output"]);
        assert_lives(&executor);
    });
}

#[test]
fn an_output_that_panics_in_drop_does_not_panic_through_the_drop_of_its_handle() {
    both_flavours(|executor| {
        let task = executor.spawn(async { PanicsInDrop("with its handle") });
        drive_until(&executor, || task.is_finished());
        drop(task);
        assert_lives(&executor);
    });
}

#[test]
fn a_waker_that_panics_when_woken_kills_no_worker_and_loses_no_output() {
    both_flavours(|executor| {
        let gate = Gate::new();
        let wait = gate.wait();
        let mut task = executor.spawn(async move {
            wait.await;
            3
        });
        let waker = Waker::from(Arc::new(WakeFn(|| panic!("woken"))));
        assert!(poll_with(&mut task, &waker).is_pending());
        gate.open();
        drive_until(&executor, || task.is_finished());
        assert_lives(&executor);
        let Poll::Ready(output) = poll_once(&mut task) else { panic!("it has ended") };
        assert_eq!(output.unwrap(), 3);
    });
}

#[test]
fn a_waker_that_panics_in_drop_kills_no_worker() {
    both_flavours(|executor| {
        for handle_first in [false, true] {
            let gate = Gate::new();
            let mut task = executor.spawn(gate.wait());
            let bomb = Mutex::new(PanicsInDrop("waker"));
            let waker = Waker::from(Arc::new(WakeFn(move || drop(bomb.try_lock()))));
            assert!(poll_with(&mut task, &waker).is_pending());
            drop(waker);
            if handle_first {
                drop(task);
                gate.open();
            } else {
                gate.open();
                drive_until(&executor, || task.is_finished());
                drop(task);
            }
            assert_lives(&executor);
        }
    });
}

#[test]
fn a_payload_that_panics_in_drop_is_survived() {
    with_hook(|executor, heard| {
        spawn_detached(&executor, async { panic_any(PanicsInDrop("payload")) });
        drive_until(&executor, || !heard.lock().is_empty());
        assert_lives(&executor);
        // With a handle it is the joiner's.
        let task = executor.spawn(async { panic_any(PanicsInDrop("payload")) });
        let payload = executor.block_on(task).unwrap_err().into_panic();
        std::mem::forget(*payload.downcast::<PanicsInDrop>().unwrap());
        // In a handle that is dropped with it.
        let task = executor.spawn(async { panic_any(PanicsInDrop("payload")) });
        drive_until(&executor, || task.is_finished());
        drop(task);
        assert_lives(&executor);
    });
}

#[test]
fn the_hook_hears_of_detached_panics_only() {
    with_hook(|executor, heard| {
        let awaited = executor.spawn(async { panic!("awaited") });
        let _error: JoinError = executor.block_on(awaited).unwrap_err();
        spawn_detached(&executor, async { panic!("detached") });
        drive_until(&executor, || !heard.lock().is_empty());
        assert_eq!(*heard.lock(), ["detached"]);
    });
}

#[test]
fn the_hook_hears_of_a_panic_that_came_before_its_handle_was_dropped_unread() {
    with_hook(|executor, heard| {
        let task = executor.spawn(async { panic!("unread") });
        drive_until(&executor, || task.is_finished());
        drop(task);
        assert_eq!(*heard.lock(), ["unread"]);
    });
}

#[test]
fn the_hook_knows_the_task_and_where_it_was_spawned() {
    bounded(|| {
        let heard = Arc::new(Mutex::new(None));
        let hears = heard.clone();
        let executor = Builder::new_multi_thread()
            .worker_threads(1)
            .on_detached_panic(move |panic| {
                let at = panic.spawned_at();
                let payload = panic.payload().downcast_ref::<u8>().copied();
                *hears.lock() = Some((panic.id(), at.file(), at.line(), payload));
            })
            .build()
            .unwrap();
        let (gate, line) = (Gate::new(), line!() + 2);
        let wait = gate.wait();
        let task = executor.spawn(async move {
            wait.await;
            panic_any(5_u8);
        });
        let id = task.id();
        drop(task);
        gate.open();
        eventually("the hook is called", || heard.lock().is_some());
        assert_eq!(heard.lock().take(), Some((id, file!(), line, Some(5))));
    });
}

#[test]
fn a_hook_that_panics_kills_no_worker() {
    for workers in [0, 1, 4] {
        bounded(move || {
            let calls = Counter::new();
            let counts = calls.clone();
            let executor = hooked(workers, move |_| {
                counts.add_one();
                panic!("the hook too");
            });
            for _ in 0..20 {
                spawn_detached(&executor, async { panic!("detached") });
            }
            drive_until(&executor, || calls.get() == 20);
            assert_lives(&executor);
        });
    }
}

#[test]
fn the_hook_hears_of_blocking_calls_and_of_tasks_that_end_with_the_executor() {
    with_hook(|executor, heard| {
        let (detached, is_detached) = std::sync::mpsc::channel::<()>();
        drop(executor.handle().spawn_blocking(move || {
            let _disconnected = is_detached.recv();
            panic!("blocking");
        }));
        drop(detached);
        eventually("the hook is called", || !heard.lock().is_empty());
        let gate = Gate::new();
        let wait = gate.wait();
        drop(executor.spawn(async move {
            let _bomb = PanicsInDrop("at the end");
            wait.await;
        }));
        drive_until(&executor, || gate.waiting() == 1);
        drop(executor);
        assert_eq!(*heard.lock(), ["blocking", "at the end"]);
    });
}

#[test]
fn a_panic_in_the_future_of_block_on_goes_to_its_caller_and_the_executor_stays_usable() {
    both_flavours(|executor| {
        let task = executor.spawn(async {
            yield_now().await;
            1
        });
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            executor.block_on(async {
                yield_now().await;
                panic!("mine");
            });
        }));
        assert!(panicked.is_err());
        assert_eq!(executor.block_on(task).unwrap(), 1);
        assert_lives(&executor);
    });
}
