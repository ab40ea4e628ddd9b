//! Recordings: balanced, in order, bounded, and taken at any moment.

mod support;

use filch_executor::record::{Event, EventKind, Lane, LaneKind, PollOutcome, Recorder, Recording};
use filch_executor::{
    BlockingPool, Builder, Executor, Id, JoinHandle, LocalSet, TaskBuilder, block_in_place, spawn,
    yield_now,
};
use filch_primitives::atomic::{AtomicBool, Ordering};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use support::{Gate, bounded};

const EVENTS: usize = 100_000;

fn multi(workers: usize, events: usize) -> (Executor, Recorder) {
    with_recorder(Builder::new_multi_thread().worker_threads(workers).record(events))
}

fn single(events: usize) -> (Executor, Recorder) {
    with_recorder(Builder::new_current_thread().record(events))
}

fn with_recorder(builder: &mut Builder) -> (Executor, Recorder) {
    let executor = builder.build().unwrap();
    let recorder = executor.handle().recorder().unwrap();
    (executor, recorder)
}

fn named<F>(executor: &Executor, name: &str, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    TaskBuilder::new().name(name).spawn_on(future, executor.handle())
}

fn events(recording: &Recording) -> impl Iterator<Item = &Event> {
    recording.lanes().iter().flat_map(|lane| &lane.events)
}

fn is_start(kind: &EventKind) -> bool {
    matches!(kind, EventKind::PollStart { .. } | EventKind::BlockingStart { .. })
}

/// Checks the order of time, and that polls nest; gives what is open at the end.
fn check_lane(lane: &Lane, duration: Duration) -> Vec<Id> {
    assert!(lane.events.is_sorted_by_key(|event| event.at), "{}: not in order", lane.name);
    assert!(lane.events.iter().all(|event| event.at <= duration), "{}: too late", lane.name);
    let mut open = Vec::new();
    for event in &lane.events {
        match event.kind {
            EventKind::PollStart { task } | EventKind::BlockingStart { task } => open.push(task),
            EventKind::PollEnd { task, .. } | EventKind::BlockingEnd { task } => {
                assert_eq!(open.pop(), Some(task), "{}: {event:?}", lane.name);
            }
            EventKind::Spawn { by, .. } | EventKind::Wake { by, .. } => {
                assert_eq!(by, open.last().copied(), "{}: {event:?}", lane.name);
            }
            EventKind::Park => assert_eq!(open, [], "{}: {event:?}", lane.name),
            _ => {}
        }
    }
    open
}

/// Checks every lane; gives what is open at their ends.
fn check(recording: &Recording) -> Vec<Id> {
    let open = |lane| check_lane(lane, recording.duration());
    recording.lanes().iter().flat_map(open).collect()
}

/// The outcomes of a task's polls, in the order of time.
fn outcomes(recording: &Recording, of: Id) -> Vec<PollOutcome> {
    let mut ends: Vec<_> = events(recording)
        .filter_map(|event| match event.kind {
            EventKind::PollEnd { task, outcome } if task == of => Some((event.at, outcome)),
            _ => None,
        })
        .collect();
    ends.sort_by_key(|&(at, _)| at);
    ends.into_iter().map(|(_, outcome)| outcome).collect()
}

/// A task that spawns, waits and gives way, through so many generations.
fn family(generations: u32) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        yield_now().await;
        if generations > 0 {
            let children: Vec<_> = (0..3).map(|_| spawn(family(generations - 1))).collect();
            for child in children {
                child.await.unwrap();
            }
        }
    })
}

#[test]
fn polls_are_balanced_and_in_order_on_every_flavour() {
    bounded(|| {
        for (executor, recorder) in [single(EVENTS), multi(1, EVENTS), multi(4, EVENTS)] {
            recorder.start();
            executor.block_on(executor.spawn(family(4))).unwrap();
            let recording = recorder.stop();
            // The last to end may still be on its way out of its poll.
            assert!(check(&recording).len() <= 1);
            assert_eq!(recording.lost(), 0);
            let tasks = 1 + 3 + 9 + 27 + 81;
            assert_eq!(recording.tasks().len(), tasks);
            let spawns =
                events(&recording).filter(|event| matches!(event.kind, EventKind::Spawn { .. }));
            assert_eq!(spawns.count(), tasks);
            let mut polls = BTreeMap::new();
            for event in events(&recording) {
                if let EventKind::PollStart { task } = event.kind {
                    *polls.entry(task).or_insert(0) += 1;
                }
            }
            assert_eq!(polls.len(), tasks, "each is polled");
            assert!(polls.values().all(|&polls| polls >= 2), "each gives way once");
        }
    });
}

#[test]
fn an_event_loop_has_the_same_sequence_each_time() {
    let run = || {
        let (executor, recorder) = single(EVENTS);
        recorder.start();
        let b = named(&executor, "b", yield_now());
        let a = named(&executor, "a", async { b.await.unwrap() });
        executor.block_on(async { a.await.unwrap() });
        let recording = recorder.stop();
        let name = |task: Id| recording.task(task).unwrap().name().unwrap();
        let who = |by: Option<Id>| by.map_or("-", name);
        let line = |event: &Event| match event.kind {
            EventKind::PollStart { task } => format!("poll {}", name(task)),
            EventKind::PollEnd { task, outcome } => format!("{outcome:?} {}", name(task)),
            EventKind::Spawn { task, by } => format!("spawn {} by {}", name(task), who(by)),
            EventKind::Wake { task, by } => format!("wake {} by {}", name(task), who(by)),
            other => format!("{other:?}"),
        };
        let lanes: Vec<_> = recording.lanes().iter().map(|lane| lane.kind).collect();
        assert_eq!(lanes, [LaneKind::EventLoop, LaneKind::Outside]);
        let lines = |lane: &Lane| {
            let told = lane.events.iter().map(line);
            // The machine may make any poll a long one.
            told.filter(|line| !line.starts_with("LongPoll")).collect()
        };
        recording.lanes().iter().map(lines).collect()
    };
    let expected = [
        vec![
            "poll b",
            "Pending b",
            "poll a",
            "Pending a",
            "poll b",
            "wake a by b",
            "Ready b",
            "poll a",
            "Ready a",
        ],
        // No loop is driven where they are spawned.
        vec!["spawn b by -", "spawn a by -"],
    ];
    for _ in 0..3 {
        let lanes: Vec<Vec<String>> = run();
        assert_eq!(lanes, expected);
    }
}

#[test]
fn memory_is_bounded_and_what_is_lost_is_counted() {
    bounded(|| {
        let (executor, recorder) = single(300);
        recorder.start();
        let yields = 20_000;
        executor.block_on(async move {
            spawn(async move {
                for _ in 0..yields {
                    yield_now().await;
                }
            })
            .await
            .unwrap();
        });
        let recording = recorder.stop();
        let lane = &recording.lanes()[0];
        assert_eq!(check_lane(lane, recording.duration()), []);
        assert!(lane.events.len() >= 300, "only {} are kept", lane.events.len());
        assert!(lane.events.len() <= 2 * 3 * 254, "{} are kept", lane.events.len());
        // Each poll has a start and an end, and there is one spawn. The machine may make a poll a long one.
        let is_of_a_task = |event: &&Event| !matches!(event.kind, EventKind::LongPoll { .. });
        let kept = lane.events.iter().filter(is_of_a_task).count();
        assert_eq!(lane.lost as usize + kept, 2 * (yields + 1) + 1);
    });
}

#[test]
fn a_recording_is_taken_while_workers_are_busy() {
    bounded(|| {
        let (executor, recorder) = multi(3, 2_000);
        let enough = Arc::new(AtomicBool::new(false));
        let tasks: Vec<_> = (0..12)
            .map(|_| {
                let enough = enough.clone();
                executor.spawn(async move {
                    // Ordering: Relaxed; nothing goes with it.
                    while !enough.load(Ordering::Relaxed) {
                        yield_now().await;
                        drop(spawn(async {}));
                    }
                })
            })
            .collect();
        for _ in 0..20 {
            recorder.start();
            std::thread::sleep(Duration::from_millis(5));
            let recording = recorder.stop();
            check(&recording);
            assert!(recording.duration() >= Duration::from_millis(5));
            assert!(recording.lanes().iter().all(|lane| lane.events.len() < 6 * 2_000));
        }
        // Ordering: Relaxed; as above.
        enough.store(true, Ordering::Relaxed);
        for task in tasks {
            executor.block_on(task).unwrap();
        }
    });
}

#[test]
fn stop_does_not_wait_for_a_stuck_poll_and_shows_it_open() {
    bounded(|| {
        for (workers, others) in [(1, 0), (2, 10)] {
            let (executor, recorder) = multi(workers, EVENTS);
            recorder.start();
            let (tell, told) = mpsc::channel();
            let (release, released) = mpsc::channel::<()>();
            let stuck = executor.spawn(async move {
                tell.send(()).unwrap();
                released.recv().unwrap();
            });
            told.recv().unwrap();
            for _ in 0..others {
                executor.block_on(executor.spawn(yield_now())).unwrap();
            }
            let recording = recorder.stop();
            assert!(check(&recording).contains(&stuck.id()));
            release.send(()).unwrap();
            executor.block_on(stuck).unwrap();
        }
    });
}

#[test]
fn a_poll_that_was_long_before_it_is_over_is_told() {
    bounded(|| {
        let (executor, recorder) = multi(1, EVENTS);
        recorder.start();
        let task = executor.spawn(async {
            for _ in 0..100 {
                yield_now().await;
            }
            std::thread::sleep(Duration::from_millis(500));
        });
        let id = task.id();
        executor.block_on(task).unwrap();
        // The end of the last poll is written when the task's waiter has been woken already.
        drop(executor);
        let recording = recorder.stop();
        let told = events(&recording).find_map(|event| match event.kind {
            EventKind::LongPoll { task, so_far } => Some((task, so_far)),
            _ => None,
        });
        let (task, so_far) = told.expect("the observer looks every millisecond");
        assert_eq!(task, id);
        assert!(so_far >= Duration::from_millis(10));
        // Among a hundred short ones it was found where it is.
        let longest = lengths(&recording, id).into_iter().map(|(length, _)| length).max().unwrap();
        assert!(longest >= Duration::from_millis(100), "{longest:?}");
    });
}

/// How long each poll of a task was, and whether that is exact.
fn lengths(recording: &Recording, of: Id) -> Vec<(Duration, bool)> {
    let mut start = None;
    let mut lengths = Vec::new();
    for event in events(recording) {
        match event.kind {
            EventKind::PollStart { task } if task == of => start = Some(event),
            EventKind::PollEnd { task, .. } if task == of => {
                let start: &Event = start.take().unwrap();
                lengths.push((event.at - start.at, start.exact && event.exact));
            }
            _ => {}
        }
    }
    lengths
}

#[test]
fn long_polls_in_a_row_are_exact() {
    bounded(|| {
        let long = Duration::from_millis(2);
        for (executor, recorder) in [single(EVENTS), multi(1, EVENTS)] {
            recorder.start();
            let task = executor.spawn(async move {
                for _ in 0..20 {
                    std::thread::sleep(long);
                    yield_now().await;
                }
            });
            let id = task.id();
            executor.block_on(task).unwrap();
            // Behind the end of the last poll.
            drop(executor);
            let lengths = lengths(&recorder.stop(), id);
            assert_eq!(lengths.len(), 21);
            // After two long ones, at most four to the next look at the clock.
            for (length, exact) in &lengths[10..20] {
                assert!(*exact && *length >= long, "{lengths:?}");
            }
        }
    });
}

#[test]
fn panics_and_cancellations_are_the_outcome_of_a_poll() {
    bounded(|| {
        for (executor, recorder) in [single(EVENTS), multi(2, EVENTS)] {
            recorder.start();
            let panics = executor.spawn(async {
                yield_now().await;
                std::panic::resume_unwind(Box::new("on purpose"));
            });
            let waits = executor.spawn(std::future::pending::<()>());
            let (panicked, cancelled) = (panics.id(), waits.id());
            executor.block_on(async {
                assert!(panics.await.unwrap_err().is_panic());
                yield_now().await;
                waits.abort();
                assert!(waits.await.unwrap_err().is_cancelled());
            });
            drop(executor);
            let recording = recorder.stop();
            assert_eq!(check(&recording), []);
            assert_eq!(
                outcomes(&recording, panicked),
                [PollOutcome::Pending, PollOutcome::Panicked]
            );
            assert_eq!(outcomes(&recording, cancelled).last(), Some(&PollOutcome::Cancelled));
        }
    });
}

#[test]
fn names_and_spawn_sites_outlive_their_tasks() {
    bounded(|| {
        for (executor, recorder) in [single(EVENTS), multi(2, EVENTS)] {
            let (release, released) = mpsc::channel::<()>();
            let early = named(&executor, "early", async move {
                yield_now().await;
                let _released = released.try_recv();
                std::future::pending::<()>().await;
            });
            // It has been polled, and waits from here on.
            executor
                .block_on(executor.spawn(async {
                    for _ in 0..10 {
                        yield_now().await;
                    }
                }))
                .unwrap();
            while early.is_finished() {}
            recorder.start();
            let here = line!() + 1;
            let late = executor.spawn(async {});
            let (early_id, late_id) = (early.id(), late.id());
            early.abort();
            executor.block_on(async {
                late.await.unwrap();
                assert!(early.await.unwrap_err().is_cancelled());
            });
            drop((executor, release));
            let recording = recorder.stop();
            assert_eq!(recording.task(early_id).unwrap().name(), Some("early"));
            let late = recording.task(late_id).unwrap();
            assert_eq!((late.name(), late.spawned_at().line()), (None, here));
            assert!(late.spawned_at().file().ends_with("recorder.rs"));
        }
    });
}

#[test]
fn tasks_of_a_local_set_nest_in_the_poll_that_drives_them() {
    bounded(|| {
        for (executor, recorder) in [single(EVENTS), multi(1, EVENTS)] {
            recorder.start();
            let set = LocalSet::new();
            let inner = set.spawn_local(async {
                yield_now().await;
                filch_executor::spawn_local(yield_now()).await.unwrap();
            });
            let id = inner.id();
            set.block_on(&executor, async { inner.await.unwrap() });
            let recording = recorder.stop();
            assert_eq!(check(&recording), []);
            assert_eq!(outcomes(&recording, id).last(), Some(&PollOutcome::Ready));
        }
        // Driven by a task: one inside the other.
        let event_loop = Builder::new_current_thread().record(EVENTS).build_event_loop().unwrap();
        let recorder = event_loop.handle().recorder().unwrap();
        recorder.start();
        let outer = event_loop.spawn_local(async {
            let set = LocalSet::new();
            set.run_until(async {
                filch_executor::spawn_local(yield_now()).await.unwrap();
            })
            .await;
        });
        event_loop.block_on(outer).unwrap();
        let recording = recorder.stop();
        assert_eq!(check(&recording), []);
        let mut depth = 0;
        let mut deepest = 0;
        for event in events(&recording) {
            depth += i32::from(is_start(&event.kind));
            depth -= i32::from(matches!(event.kind, EventKind::PollEnd { .. }));
            deepest = deepest.max(depth);
        }
        assert_eq!(deepest, 2);
    });
}

#[test]
fn blocking_calls_are_told_where_they_run() {
    bounded(|| {
        let (executor, recorder) = multi(1, EVENTS);
        recorder.start();
        let handle = executor.handle().clone();
        let task = executor.spawn(async move {
            let call = handle.spawn_blocking(|| std::thread::sleep(Duration::from_millis(3)));
            let id = call.id();
            call.await.unwrap();
            filch_executor::block_in_place(|| std::thread::sleep(Duration::from_millis(3)));
            id
        });
        let in_place = task.id();
        let call = executor.block_on(task).unwrap();
        drop(executor);
        let recording = recorder.stop();
        assert_eq!(check(&recording), []);
        let length = |kind: fn(LaneKind) -> bool, of: Id| {
            let lane = recording.lanes().iter().filter(|lane| kind(lane.kind));
            let mut times = lane.flat_map(|lane| &lane.events).filter(|event| {
                matches!(event.kind, EventKind::BlockingStart { task } | EventKind::BlockingEnd { task }
                    if task == of)
            });
            let start = times.next().unwrap();
            times.next().unwrap().at - start.at
        };
        let is_worker = |kind| matches!(kind, LaneKind::Worker(0));
        let is_blocking = |kind| matches!(kind, LaneKind::Blocking(_));
        assert!(length(is_blocking, call) >= Duration::from_millis(3));
        assert!(length(is_worker, in_place) >= Duration::from_millis(3));
    });
}

#[test]
fn a_task_may_start_and_stop() {
    bounded(|| {
        for (executor, recorder) in [single(EVENTS), multi(2, EVENTS)] {
            let task = executor.spawn(async move {
                recorder.start();
                let child = spawn(async {});
                let id = child.id();
                child.await.unwrap();
                (recorder.stop(), id)
            });
            let parent = task.id();
            let (recording, child) = executor.block_on(task).unwrap();
            assert!(check(&recording).contains(&parent), "it was running when it stopped");
            let spawned = EventKind::Spawn { task: child, by: Some(parent) };
            assert!(events(&recording).any(|event| event.kind == spawned));
        }
    });
}

#[test]
fn thefts_add_up() {
    bounded(|| {
        let (executor, recorder) = multi(4, EVENTS);
        recorder.start();
        let deadline = Instant::now() + Duration::from_secs(20);
        while executor.handle().stolen_tasks() == 0 && Instant::now() < deadline {
            let task = executor.spawn(async {
                let busy = || spawn(async { std::thread::sleep(Duration::from_millis(1)) });
                for task in (0..32).map(|_| busy()).collect::<Vec<_>>() {
                    task.await.unwrap();
                }
            });
            executor.block_on(task).unwrap();
        }
        let stolen = executor.handle().stolen_tasks();
        drop(executor);
        let recording = recorder.stop();
        let told: usize = events(&recording)
            .map(|event| match event.kind {
                EventKind::Steal { from, tasks } => {
                    assert!(from < 4);
                    tasks
                }
                _ => 0,
            })
            .sum();
        assert!(stolen > 0);
        assert!(told as u64 >= stolen, "{told} of {stolen}");
    });
}

#[test]
fn without_a_start_there_is_nothing() {
    let (executor, recorder) = multi(1, EVENTS);
    executor.block_on(executor.spawn(yield_now())).unwrap();
    let recording = recorder.stop();
    assert_eq!((recording.lanes().len(), recording.tasks().len()), (0, 0));
    assert_eq!((recording.duration(), recording.lost()), (Duration::ZERO, 0));
    assert!(support::multi(1).handle().recorder().is_none());
}

#[test]
fn a_second_recording_tells_nothing_of_the_first() {
    bounded(|| {
        for (executor, recorder) in [single(300), multi(2, 300)] {
            for round in 0..3 {
                recorder.start();
                recorder.start(); // without effect
                let task = executor.spawn(async move {
                    for _ in 0..100 * round {
                        yield_now().await;
                    }
                });
                let id = task.id();
                executor.block_on(task).unwrap();
                let recording = recorder.stop();
                check(&recording);
                assert_eq!(recording.tasks().len(), 1);
                let of_others = events(&recording)
                    .any(|event| matches!(event.kind, EventKind::PollStart { task } if task != id));
                assert!(!of_others);
            }
        }
    });
}

#[test]
fn a_pool_thread_that_was_a_worker_for_a_while_tells_where_it_spawned() {
    bounded(|| {
        let (executor, recorder) = with_recorder(
            Builder::new_multi_thread().worker_threads(1).max_blocking_threads(1).record(EVENTS),
        );
        let handle = executor.handle().clone();
        let is_idle = || {
            let pool = handle.blocking_pool(BlockingPool::DEFAULT).unwrap();
            support::eventually("its thread is idle", || pool.num_idle_threads() == 1);
        };
        recorder.start();
        let spawner = handle.clone();
        let here = move || spawner.spawn(async {}).id();
        let (spawner, line) = (handle.clone(), line!() + 1);
        let there = move || spawner.spawn(async {}).id();
        executor.block_on(handle.spawn_blocking(here)).unwrap();
        is_idle();
        // Its thread becomes the worker, spawns there, and is the pool's again.
        let (release, released) = mpsc::channel::<()>();
        let away = executor.spawn(async move { block_in_place(|| released.recv()) });
        let theirs = there.clone();
        let lent = executor.spawn(async move {
            let (tell, told) = mpsc::channel();
            drop(spawn(async move { tell.send(()) }));
            theirs();
            // Another thread has the worker when that has run.
            block_in_place(|| told.recv()).unwrap();
        });
        executor.block_on(lent).unwrap();
        is_idle();
        let task = executor.block_on(handle.spawn_blocking(there)).unwrap();
        drop(release);
        executor.block_on(away).unwrap().unwrap_err();
        assert_eq!(recorder.stop().task(task).unwrap().spawned_at().line(), line);
    });
}

#[test]
fn threads_with_names_of_their_own_come_to_share_tracks() {
    bounded(|| {
        let (executor, recorder) = multi(1, 10_000);
        recorder.start();
        for number in 0..500 {
            let handle = executor.handle().clone();
            let call = move || handle.block_on(async { spawn(async {}).await.unwrap() });
            let thread = filch_primitives::thread::Builder::new().name(format!("thread {number}"));
            thread.spawn(call).unwrap().join().unwrap();
        }
        let recording = recorder.stop();
        let outside = || recording.lanes().iter().filter(|lane| lane.kind == LaneKind::Outside);
        assert!(outside().count() <= 34, "{}", outside().count());
        for name in ["thread 0", "thread 20", "outside"] {
            assert!(outside().any(|lane| lane.name == name), "{name}");
        }
        check(&recording);
    });
}

#[test]
fn what_is_done_to_tasks_of_another_executor_is_in_the_recording_of_that() {
    bounded(|| {
        for ((executor, ours), (other, theirs)) in
            [(multi(1, EVENTS), multi(1, EVENTS)), (single(EVENTS), single(EVENTS))]
        {
            let gate = Gate::new();
            let waits = other.spawn(gate.wait());
            other.block_on(async {
                while gate.waiting() == 0 {
                    yield_now().await;
                }
            });
            let woken = waits.id();
            ours.start();
            theirs.start();
            let handle = other.handle().clone();
            let task = executor.spawn(async move {
                gate.open();
                handle.spawn(async {}).id()
            });
            let spawned = executor.block_on(task).unwrap();
            let (ours, theirs) = (ours.stop(), theirs.stop());
            for kind in [
                EventKind::Wake { task: woken, by: None },
                EventKind::Spawn { task: spawned, by: None },
            ] {
                assert!(events(&theirs).any(|event| event.kind == kind), "{kind:?}");
            }
            let is_theirs = |kind: EventKind| match kind {
                EventKind::Wake { task, .. } => task == woken,
                EventKind::Spawn { task, .. } => task == spawned,
                _ => false,
            };
            assert!(!events(&ours).any(|event| is_theirs(event.kind)));
        }
    });
}

#[test]
fn what_is_lost_is_counted_also_where_threads_share_a_track() {
    bounded(|| {
        let (executor, recorder) = multi(1, 300);
        for _ in 0..2 {
            recorder.start();
            let mut spawned = 0;
            for _ in 0..20 {
                let handle = executor.handle().clone();
                let thread = filch_primitives::thread::Builder::new().name("one of many".into());
                let call = move || handle.block_on(async { drop(spawn(async {})) });
                thread.spawn(call).unwrap().join().unwrap();
                spawned += 1;
            }
            let recording = recorder.stop();
            let lane = recording.lanes().iter().find(|lane| lane.name == "one of many").unwrap();
            let is_spawn = |event: &&Event| matches!(event.kind, EventKind::Spawn { .. });
            let told = lane.events.iter().filter(is_spawn).count();
            assert!(told < spawned, "three chunks are kept");
            assert!(lane.lost as usize + told >= spawned, "{} and {told}", lane.lost);
        }
    });
}
