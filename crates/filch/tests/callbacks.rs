//! `set_timeout`, `set_interval` and the event loop's `call_*`.

use filch::runtime::{Builder, EventLoop};
use filch::task::yield_now;
use filch::time::{CallbackHandle, Duration, Instant, set_interval, set_timeout, sleep};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use std::cell::RefCell;
use std::panic::catch_unwind;
use std::rc::Rc;
use std::sync::{Arc, OnceLock, mpsc};

const MS: Duration = Duration::from_millis(1);

fn paused_loop() -> EventLoop {
    Builder::new_current_thread().start_paused(true).build_event_loop().unwrap()
}

#[test]
fn callbacks_are_called_in_the_order_of_their_deadlines() {
    let event_loop = paused_loop();
    let trace = Rc::new(RefCell::new(Vec::new()));
    let now = {
        let _entered = event_loop.enter();
        Instant::now()
    };
    for (delay, word) in [(30, "third"), (10, "first"), (30, "fourth"), (20, "second")] {
        let trace = trace.clone();
        event_loop.call_later(MS * delay, move || {
            trace.borrow_mut().push((word, now.elapsed()));
        });
    }
    let late = trace.clone();
    event_loop.call_at(now + MS * 40, move || late.borrow_mut().push(("fifth", now.elapsed())));
    let soon = trace.clone();
    event_loop.call_soon(move || soon.borrow_mut().push(("soon", now.elapsed())));
    event_loop.block_on(async { sleep(MS * 100).await });
    let expected =
        [("soon", 0), ("first", 10), ("second", 20), ("third", 30), ("fourth", 30), ("fifth", 40)];
    assert_eq!(*trace.borrow(), expected.map(|(word, delay)| (word, MS * delay)));
}

#[test]
fn what_is_cancelled_is_not_called() {
    let event_loop = paused_loop();
    let never = || unreachable!("it was cancelled");
    let handles = [
        event_loop.call_soon(never),
        event_loop.call_later(MS, never),
        event_loop.call_later(Duration::MAX, never),
    ];
    for handle in &handles {
        assert!(!handle.is_finished());
        handle.cancel();
        handle.cancel();
    }
    event_loop.block_on(async {
        set_timeout(MS, never).cancel();
        set_interval(MS, never).cancel();
        sleep(MS * 100).await;
    });
    assert!(handles.iter().all(|handle| handle.is_finished()));
}

#[test]
fn an_interval_that_is_cancelled_in_its_own_call_makes_no_other_although_it_is_late() {
    let event_loop = EventLoop::new().unwrap();
    let (tell, told) = mpsc::channel();
    event_loop.block_on(async {
        let own = Arc::new(OnceLock::<CallbackHandle>::new());
        let known = own.clone();
        let clock = set_interval(MS, move || {
            thread::sleep(MS * 5);
            if let Some(own) = known.get() {
                own.cancel();
                tell.send(()).unwrap();
            }
        });
        assert!(own.set(clock.clone()).is_ok());
        while !clock.is_finished() {
            sleep(MS).await;
        }
        sleep(MS * 20).await;
    });
    assert_eq!(told.try_iter().count(), 1);
}

#[test]
fn a_cancelled_callback_is_finished_when_its_last_call_is() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (begun, begins) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel::<()>();
        let timeout = set_timeout(Duration::ZERO, move || {
            begun.send(()).unwrap();
            let _ = goes_on.recv();
        });
        begins.recv().unwrap();
        timeout.cancel();
        assert!(!timeout.is_finished());
        drop(go_on);
        while !timeout.is_finished() {
            yield_now().await;
        }
    });
}

#[test]
fn a_late_interval_lets_others_have_their_turn() {
    let event_loop = EventLoop::new().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    event_loop.block_on(async {
        let clock = set_interval(MS, move || {
            thread::sleep(MS * 5);
            // Ordering: Relaxed; one thread.
            counted.fetch_add(1, Ordering::Relaxed);
        });
        sleep(MS * 2).await;
        // Ordering: Relaxed; one thread.
        let before = calls.load(Ordering::Relaxed);
        yield_now().await;
        // Ordering: Relaxed; one thread.
        assert!(calls.load(Ordering::Relaxed) <= before + 1);
        clock.cancel();
        assert!(clock.is_finished());
    });
}

#[test]
fn an_interval_goes_on_until_another_thread_cancels_it() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = builder.build().unwrap();
        runtime.block_on(async {
            let (tick, mut ticks) = filch::sync::mpsc::unbounded_channel();
            let start = Instant::now();
            let handle = set_interval(MS * 2, move || {
                let _ = tick.send(start.elapsed());
            });
            assert!(ticks.recv().await.unwrap() >= MS * 2, "not at once, and not early");
            assert!(ticks.recv().await.unwrap() >= MS * 4);
            let theirs = handle.clone();
            thread::spawn(move || theirs.cancel()).join().unwrap();
            // The callback, and the sender in it, are dropped; a moment later it counts as finished.
            while ticks.recv().await.is_some() {}
            while !handle.is_finished() {
                sleep(MS).await;
            }
        });
    }
}

#[test]
fn a_dropped_handle_cancels_nothing_and_a_callback_may_set_the_next() {
    fn countdown(left: u32, tell: mpsc::Sender<u32>) {
        tell.send(left).unwrap();
        if left > 0 {
            set_timeout(MS, move || countdown(left - 1, tell));
        }
    }
    let (tell, told) = mpsc::channel();
    paused_loop().block_on(async {
        countdown(3, tell);
        sleep(MS * 100).await;
    });
    assert_eq!(told.iter().collect::<Vec<_>>(), [3, 2, 1, 0]);
}

#[test]
fn a_callback_that_panics_ends_alone() {
    let (tell, told) = mpsc::channel();
    let event_loop = Builder::new_current_thread()
        .start_paused(true)
        .on_detached_panic(move |panic| tell.send(panic.to_string()).unwrap())
        .build_event_loop()
        .unwrap();
    event_loop.call_soon(|| panic!("no milk"));
    event_loop.block_on(async { sleep(MS).await });
    assert!(told.try_recv().unwrap().contains("no milk"));
}

#[test]
fn bad_input_says_what_is_wrong() {
    let message = |body: fn()| match catch_unwind(body).unwrap_err().downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
    };
    let outside = message(|| drop(set_timeout(MS, || ())));
    assert!(outside.contains("no Filch runtime is entered"), "{outside}");
    let zero = message(|| {
        paused_loop().block_on(async { drop(set_interval(Duration::ZERO, || ())) });
    });
    assert!(zero.contains("must not be zero"), "{zero}");
}
