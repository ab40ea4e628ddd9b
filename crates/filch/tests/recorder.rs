//! Recordings of whole runtimes: timers, sockets, a paused clock, tasks that must stay on their thread.

mod support;

use filch::net::{TcpListener, TcpStream};
use filch::record::{EventKind, Lane, LaneKind, PollOutcome, Recorder, Recording};
use filch::runtime::{Builder, Handle, Runtime};
use filch::task;
use filch::time::{Duration, sleep};
use std::rc::Rc;
use support::bounded;

const EVENTS: usize = 100_000;

fn both() -> [(Runtime, Recorder); 2] {
    let mut many = Builder::new_multi_thread();
    many.worker_threads(2);
    [Builder::new_current_thread(), many].map(|mut builder| {
        let runtime = builder.record(EVENTS).build().unwrap();
        let recorder = runtime.recorder().unwrap();
        (runtime, recorder)
    })
}

/// Every end belongs to the innermost start, and time does not go back.
fn check(recording: &Recording) {
    for lane in recording.lanes() {
        assert!(lane.events.is_sorted_by_key(|event| event.at), "{}", lane.name);
        let mut open = Vec::new();
        for event in &lane.events {
            assert!(event.at <= recording.duration());
            match event.kind {
                EventKind::PollStart { task } | EventKind::BlockingStart { task } => {
                    open.push(task)
                }
                EventKind::PollEnd { task, .. } | EventKind::BlockingEnd { task } => {
                    assert_eq!(open.pop(), Some(task), "{}: {event:?}", lane.name);
                }
                _ => {}
            }
        }
    }
}

fn kinds(recording: &Recording) -> impl Iterator<Item = EventKind> {
    recording.lanes().iter().flat_map(|lane: &Lane| lane.events.iter().map(|event| event.kind))
}

#[test]
fn a_timer_wakes_its_task_in_the_name_of_nobody() {
    bounded(|| {
        for (runtime, recorder) in both() {
            // On a loaded machine the time may be over before the task has looked once: then it waits for nothing.
            let (id, recording) = std::iter::repeat_with(|| {
                recorder.start();
                let sleeper = runtime.spawn(async { sleep(Duration::from_millis(5)).await });
                let id = sleeper.id();
                runtime.block_on(sleeper).unwrap();
                (id, recorder.stop())
            })
            .find(|(id, recording)| {
                kinds(recording).filter(|kind| *kind == EventKind::PollStart { task: *id }).count()
                    > 1
            })
            .expect("it repeats without end");
            check(&recording);
            let wakes: Vec<_> = kinds(&recording)
                .filter(|kind| matches!(kind, EventKind::Wake { task, .. } if *task == id))
                .collect();
            assert_eq!(wakes, [EventKind::Wake { task: id, by: None }]);
            assert!(kinds(&recording).any(|kind| kind == EventKind::Park));
            assert!(recording.duration() >= Duration::from_millis(5));
        }
    });
}

#[test]
fn a_thread_that_slept_in_the_driver_when_it_began_records_the_wake_up() {
    bounded(|| {
        for (runtime, recorder) in both() {
            let recording = std::iter::repeat_with(|| {
                let deadline = std::time::Instant::now() + Duration::from_millis(60);
                let sleeper = runtime.spawn(async { sleep(Duration::from_millis(80)).await });
                let id = sleeper.id();
                let begun = std::thread::scope(|scope| {
                    let recorder = &recorder;
                    let begins = scope.spawn(move || {
                        std::thread::sleep(Duration::from_millis(20));
                        recorder.start();
                        std::time::Instant::now()
                    });
                    runtime.block_on(sleeper).unwrap();
                    begins.join().unwrap()
                });
                (begun < deadline).then_some((id, recorder.stop()))
            })
            .find_map(|recorded| recorded);
            let (id, recording) = recording.expect("it repeats without end");
            check(&recording);
            let woken = |kind| matches!(kind, EventKind::Wake { task, .. } if task == id);
            assert_eq!(kinds(&recording).filter(|&kind| woken(kind)).count(), 1);
        }
    });
}

#[test]
fn a_paused_clock_does_not_stretch_a_recording() {
    bounded(|| {
        for flavour in [Builder::new_current_thread, Builder::new_multi_thread] {
            let runtime = flavour().start_paused(true).record(EVENTS).build().unwrap();
            let recorder = runtime.recorder().unwrap();
            recorder.start();
            runtime.block_on(async {
                filch::spawn(sleep(Duration::from_secs(3600))).await.unwrap();
            });
            let recording = recorder.stop();
            check(&recording);
            assert!(recording.duration() < Duration::from_secs(1800));
            let polls =
                kinds(&recording).filter(|kind| matches!(kind, EventKind::PollStart { .. }));
            assert_eq!(polls.count(), 2);
        }
    });
}

#[test]
fn a_task_records_its_own_runtime_while_sockets_are_busy() {
    bounded(|| {
        for (runtime, _recorder) in both() {
            let recording = runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                let recorder = Handle::current().recorder().unwrap();
                recorder.start();
                let server = task::Builder::new().name("server").spawn(async move {
                    for _ in 0..3 {
                        drop(listener.accept().await.unwrap());
                    }
                });
                for _ in 0..3 {
                    drop(filch::spawn(TcpStream::connect(address)).await.unwrap().unwrap());
                }
                server.unwrap().await.unwrap();
                recorder.stop()
            });
            check(&recording);
            assert_eq!(recording.lost(), 0);
            let server = recording.tasks().iter().find(|task| task.name() == Some("server"));
            let id = server.expect("the server is known").id();
            let ends = |kind| matches!(kind, EventKind::PollEnd { task, outcome: PollOutcome::Ready } if task == id);
            assert!(kinds(&recording).filter(|&kind| ends(kind)).count() <= 1);
        }
    });
}

#[test]
fn an_event_loop_records_tasks_that_stay_on_its_thread() {
    let event_loop = Builder::new_current_thread().record(EVENTS).build_event_loop().unwrap();
    let recorder = event_loop.recorder().unwrap();
    recorder.start();
    let shared = Rc::new(3);
    let theirs = shared.clone();
    let sum = event_loop.block_on(async move {
        let task = task::spawn_local(async move { *theirs + 1 });
        task.await.unwrap()
    });
    assert_eq!((sum, *shared), (4, 3));
    let recording = recorder.stop();
    check(&recording);
    assert_eq!(recording.lanes()[0].kind, LaneKind::EventLoop);
    let kinds = recording.lanes()[0].events.iter().map(|event| event.kind);
    // The machine may make any poll a long one.
    let kinds = kinds.filter(|kind| !matches!(kind, EventKind::LongPoll { .. }));
    let task = recording.tasks()[0].id();
    let expected = [
        EventKind::Spawn { task, by: None },
        EventKind::PollStart { task },
        EventKind::PollEnd { task, outcome: PollOutcome::Ready },
    ];
    assert_eq!(kinds.collect::<Vec<_>>(), expected);
}

#[test]
fn blocking_calls_have_lanes_of_their_own() {
    bounded(|| {
        for (runtime, recorder) in both() {
            recorder.start();
            let call = runtime.spawn_blocking(|| std::thread::sleep(Duration::from_millis(2)));
            let id = call.id();
            runtime.block_on(call).unwrap();
            drop(runtime);
            let recording = recorder.stop();
            check(&recording);
            let lane = recording.lanes().iter().find(|lane| lane.kind == LaneKind::Blocking(0));
            let events = &lane.expect("a thread for calls was there").events;
            assert_eq!(events[0].kind, EventKind::BlockingStart { task: id });
            assert_eq!(events[1].kind, EventKind::BlockingEnd { task: id });
            assert!(events[1].exact && events[1].at - events[0].at >= Duration::from_millis(2));
        }
    });
}
