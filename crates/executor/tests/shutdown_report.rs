//! What the report of a shutdown says of tasks and blocking calls, by name and place.

mod support;

use filch_executor::{
    Builder, EventLoop, Executor, PoolConfig, ShutdownReport, TaskBuilder, TaskInfo, block_in_place,
};
use std::sync::mpsc;
use std::time::Duration;
use support::{
    Counter, Gate, both_flavours, bounded, each_multi, eventually, multi, on_drop, single, thread,
};

/// For what is over soon.
const LONG: Duration = Duration::from_secs(20);

/// For what is not over until the test says so.
const SHORT: Duration = Duration::from_millis(20);

fn names(tasks: &[TaskInfo]) -> Vec<&str> {
    let mut names: Vec<_> = tasks.iter().map(|task| task.name().unwrap_or("?")).collect();
    names.sort_unstable();
    names
}

fn name(name: &str) -> TaskBuilder<'_> {
    TaskBuilder::new().name(name)
}

/// A task that blocks its worker until the sender is dropped, and then ends or waits.
fn block(executor: &Executor, task: TaskBuilder<'_>, then_wait: bool) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (started, has_started) = mpsc::channel();
    let task = task.spawn_on(
        async move {
            started.send(()).unwrap();
            let _released = released.recv();
            if then_wait {
                std::future::pending::<()>().await;
            }
        },
        executor.handle(),
    );
    drop(task);
    has_started.recv_timeout(support::HUNG).expect("a worker takes it");
    release
}

#[test]
fn tasks_that_wait_are_cancelled_and_named() {
    both_flavours(|executor| {
        let gate = Gate::new();
        for task in ["a", "b"] {
            drop(name(task).spawn_on(gate.wait(), executor.handle()));
        }
        let line = line!() + 1;
        drop(executor.spawn(gate.wait()));
        executor.block_on(async {
            while gate.waiting() < 3 {
                filch_executor::yield_now().await;
            }
        });
        let report = executor.shutdown(LONG);
        assert!(report.is_clean() && report.waited(), "{report}");
        assert_eq!(names(report.cancelled()), ["?", "a", "b"]);
        let nameless = report.cancelled().iter().find(|task| task.name().is_none()).unwrap();
        assert_eq!(nameless.spawned_at().line(), line);
        assert!(report.drained().is_empty() && report.stuck().is_empty());
        assert!(report.took() < LONG);
    });
}

#[test]
fn a_runtime_without_tasks_has_a_clean_report() {
    both_flavours(|executor| {
        executor.block_on(executor.spawn(async {})).unwrap();
        let report = executor.shutdown(LONG);
        assert!(report.is_clean());
        assert!(report.drained().is_empty() && report.cancelled().is_empty(), "{report}");
        assert!(report.to_string().starts_with("shut down after "), "{report}");
    });
}

#[test]
fn a_task_that_ends_in_its_own_poll_has_drained() {
    each_multi(|executor| {
        let release = block(&executor, name("drains"), false);
        let releaser = thread(move || {
            // Long enough for the shutdown to begin.
            std::thread::sleep(Duration::from_millis(100));
            drop(release);
        });
        let report = executor.shutdown(LONG);
        assert!(report.is_clean(), "{report}");
        assert_eq!(names(report.drained()), ["drains"]);
        assert!(report.cancelled().is_empty(), "{report}");
        releaser.join().unwrap();
    });
}

#[test]
fn tasks_that_block_in_their_first_poll_are_stuck_and_known_by_their_place() {
    bounded(|| {
        let executor = multi(4);
        let named = block(&executor, name("computes"), true);
        let nameless = block(&executor, TaskBuilder::new(), true);
        let report = executor.shutdown(SHORT);
        assert!(!report.is_clean() && report.waited());
        assert_eq!(names(report.stuck()), ["?", "computes"]);
        for task in report.stuck() {
            assert!(task.spawned_at().file().ends_with("shutdown_report.rs"));
        }
        let text = report.to_string();
        assert!(text.starts_with("shutdown not complete after "), "{text}");
        assert!(text.contains("\n  does not stop: task "), "{text}");
        assert!(text.contains("\"computes\", spawned at "), "{text}");
        drop((named, nameless));
    });
}

#[test]
fn a_task_that_blocks_in_a_later_poll_is_stuck() {
    bounded(|| {
        let executor = multi(2);
        let gate = Gate::new();
        let (wait, (release, released)) = (gate.wait(), mpsc::channel::<()>());
        let (started, has_started) = mpsc::channel();
        let task = executor.spawn(async move {
            wait.await;
            started.send(()).unwrap();
            let _released = released.recv();
        });
        eventually("it waits", || gate.waiting() == 1);
        gate.open();
        has_started.recv().unwrap();
        let report = executor.shutdown(SHORT);
        assert_eq!(report.stuck().iter().map(TaskInfo::id).collect::<Vec<_>>(), [task.id()]);
        drop(release);
        eventually("it ends", || task.is_finished());
    });
}

#[test]
fn a_task_in_block_in_place_and_a_destructor_that_blocks_are_stuck() {
    bounded(|| {
        let executor = multi(2);
        let (release, released) = mpsc::channel::<()>();
        let (started, has_started) = mpsc::channel();
        let in_place = name("in place").spawn_on(
            async move {
                block_in_place(|| {
                    started.send(()).unwrap();
                    let _released = released.recv();
                });
            },
            executor.handle(),
        );
        has_started.recv().unwrap();
        let (gate, (release_drop, released)) = (Gate::new(), mpsc::channel::<()>());
        let wait = gate.wait();
        let in_drop = name("in drop").spawn_on(
            async move {
                let _blocks = on_drop(move || {
                    let _released = released.recv();
                });
                wait.await;
            },
            executor.handle(),
        );
        eventually("it waits", || gate.waiting() == 1);
        let report = executor.shutdown(Duration::from_millis(300));
        assert_eq!(names(report.stuck()), ["in drop", "in place"], "{report}");
        drop((release, release_drop));
        eventually("they end", || in_place.is_finished() && in_drop.is_finished());
    });
}

#[test]
fn tasks_that_no_worker_comes_to_are_told_apart_from_the_one_that_is_stuck() {
    bounded(|| {
        let executor = multi(1);
        let (gate, dropped) = (Gate::new(), Counter::new());
        for _ in 0..3 {
            let (guard, wait) = (dropped.on_drop(), gate.wait());
            drop(executor.spawn(async move {
                let _guard = guard;
                wait.await;
            }));
        }
        eventually("they wait", || gate.waiting() == 3);
        let release = block(&executor, name("stuck"), true);
        let behind = executor.spawn(async {});
        let report = executor.shutdown(SHORT);
        assert_eq!(names(report.stuck()), ["stuck"], "{report}");
        assert_eq!(report.not_reached().len(), 3, "{report}");
        assert_eq!(report.not_begun(), 1, "{report}");
        assert!(report.to_string().contains("have not begun: 1 tasks"), "{report}");
        drop(release);
        eventually("they end", || dropped.get() == 3 && behind.is_finished());
    });
}

#[test]
fn blocking_calls_drain_are_cancelled_or_go_on() {
    both_flavours(|executor| {
        let pool = PoolConfig::new().max_threads(1);
        let pool = executor.handle().new_blocking_pool("one", pool).unwrap();
        let (release, released) = mpsc::channel::<()>();
        let (started, has_started) = mpsc::channel();
        let running = pool.spawn(move || {
            started.send(()).unwrap();
            let _released = released.recv();
        });
        has_started.recv().unwrap();
        let queued = pool.spawn(|| unreachable!("cancelled"));
        let (started, has_started) = mpsc::channel();
        let drains = name("drains").spawn_blocking_on(
            move || {
                started.send(()).unwrap();
                std::thread::sleep(Duration::from_millis(100));
            },
            executor.handle(),
        );
        has_started.recv().unwrap();
        let report = executor.shutdown(Duration::from_secs(1));
        assert!(report.waited() && !report.is_clean());
        let [call] = report.running_calls() else { panic!("{report}") };
        assert_eq!((call.pool(), call.info().id()), ("one", running.id()));
        let [call] = report.cancelled_calls() else { panic!("{report}") };
        assert_eq!((call.pool(), call.info().id()), ("one", queued.id()));
        let [call] = report.drained_calls() else { panic!("{report}") };
        assert_eq!((call.pool(), call.info().name()), ("blocking", Some("drains")));
        assert!(report.to_string().contains("on the pool \"one\""), "{report}");
        drop(release);
        eventually("all end", || running.is_finished() && drains.is_finished());
    });
}

fn from_inside(run: impl FnOnce(Executor, mpsc::Sender<ShutdownReport>)) -> ShutdownReport {
    let executor = multi(2);
    let (sender, report) = mpsc::channel();
    run(executor, sender);
    report.recv_timeout(support::HUNG).expect("a report")
}

#[test]
fn in_its_own_task_a_shutdown_does_not_wait_and_names_that_task() {
    bounded(|| {
        let report = from_inside(|executor, sender| {
            let handle = executor.handle().clone();
            let task = async move { sender.send(executor.shutdown(LONG)).unwrap() };
            drop(name("asks").spawn_on(task, &handle));
        });
        assert!(!report.waited() && !report.is_clean());
        assert!(names(report.stuck()).contains(&"asks"), "{report}");
        assert!(report.to_string().starts_with("shutdown goes on in the background"), "{report}");
    });
}

#[test]
fn in_its_own_blocking_call_a_shutdown_names_that_call() {
    bounded(|| {
        let report = from_inside(|executor, sender| {
            let handle = executor.handle().clone();
            let call = move || sender.send(executor.shutdown(LONG)).unwrap();
            drop(name("asks").spawn_blocking_on(call, &handle));
        });
        assert!(!report.waited() && !report.is_clean());
        let [call] = report.running_calls() else { panic!("{report}") };
        assert_eq!(call.info().name(), Some("asks"));
    });
}

#[test]
fn in_a_task_of_another_executor_a_shutdown_does_not_wait() {
    for build in [single as fn() -> Executor, || multi(2)] {
        both_flavours(move |outer| {
            let inner = build();
            let dropped = Counter::new();
            let guard = dropped.on_drop();
            drop(inner.spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            }));
            let report = outer.spawn(async move { inner.shutdown(LONG) });
            let report = outer.block_on(report).unwrap();
            assert!(!report.waited());
            eventually("its task ends all the same", || dropped.get() == 1);
        });
    }
}

#[test]
fn the_deadline_is_kept_and_not_waited_out() {
    each_multi(|executor| {
        let release = block(&executor, TaskBuilder::new(), true);
        let start = std::time::Instant::now();
        let report = executor.shutdown(Duration::from_millis(50));
        assert!(start.elapsed() >= Duration::from_millis(50));
        assert!(!report.is_clean());
        drop(release);
    });
    both_flavours(|executor| assert!(executor.shutdown(Duration::MAX).is_clean()));
}

#[test]
fn an_event_loop_reports_too() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        let local = std::rc::Rc::new(1);
        let (gate, wait) = (Gate::new(), Gate::new().wait());
        drop(event_loop.spawn_local(async move {
            let _local = local;
            wait.await;
        }));
        event_loop.block_on(filch_executor::yield_now());
        let report = event_loop.shutdown(LONG);
        assert!(report.is_clean() && report.waited());
        assert_eq!(report.cancelled().len(), 1);
        gate.open();
    });
}

#[test]
fn a_long_report_names_some_and_counts_the_rest() {
    bounded(|| {
        let executor = Builder::new_current_thread().build().unwrap();
        for _ in 0..50 {
            drop(executor.spawn(std::future::pending::<()>()));
        }
        let report = executor.shutdown(LONG);
        assert_eq!(report.cancelled().len(), 50);
        let text = report.to_string();
        assert_eq!(text.lines().count(), 22, "{text}");
        assert!(text.ends_with("\n  cancelled: 30 more"), "{text}");
    });
}

#[test]
fn tasks_that_were_refused_do_not_count_against_those_that_live() {
    bounded(|| {
        let executor = multi(1);
        let handle = executor.handle().clone();
        let release = block(&executor, name("stuck"), false);
        let ends = thread(move || executor.shutdown(LONG));
        eventually("it has begun", || {
            let task = handle.spawn(std::future::pending::<()>());
            let is_refused = task.is_finished();
            task.abort();
            is_refused
        });
        let live = handle.live_tasks();
        for _ in 0..5 {
            drop(TaskBuilder::new().spawn_on(async {}, &handle));
            drop(name("late").spawn_on(async {}, &handle));
        }
        assert_eq!(handle.live_tasks(), live, "the one that is stuck, and what waits behind it");
        drop(release);
        assert_eq!(names(ends.join().unwrap().stuck()), Vec::<&str>::new());
        assert_eq!(handle.live_tasks(), 0);
    });
}
