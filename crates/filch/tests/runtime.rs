//! The facade: executor, timers and sockets as one runtime, in both flavours.

use filch::io::{AsyncReadExt, AsyncWriteExt};
use filch::net::{TcpListener, TcpStream};
use filch::runtime::{Builder, EventLoop, Handle, Runtime, RuntimeFlavor};
use filch::time::{Duration, Instant, sleep, timeout};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

fn each_flavour(test: impl Fn(&Runtime)) {
    test(&Builder::new_current_thread().enable_all().build().unwrap());
    for workers in [1, 4] {
        test(&Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap());
    }
}

#[test]
fn timers_and_sockets_work_from_block_on_and_from_tasks() {
    async fn round_trip() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = filch::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut question = [0; 4];
            stream.read_exact(&mut question).await.unwrap();
            sleep(Duration::from_millis(5)).await;
            stream.write_all(b"pong").await.unwrap();
        });
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"ping").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "pong");
        server.await.unwrap();
    }
    each_flavour(|runtime| {
        runtime.block_on(round_trip());
        runtime.block_on(runtime.spawn(round_trip())).unwrap();
    });
}

#[test]
fn a_sleep_is_never_early_and_a_timeout_ends_what_is_slow() {
    each_flavour(|runtime| {
        runtime.block_on(async {
            let start = Instant::now();
            sleep(Duration::from_millis(10)).await;
            assert!(start.elapsed() >= Duration::from_millis(10));
            assert!(
                timeout(Duration::from_millis(5), sleep(Duration::from_secs(60))).await.is_err()
            );
            assert_eq!(timeout(Duration::from_secs(60), async { 1 }).await, Ok(1));
        });
    });
}

#[test]
fn timers_and_tasks_go_on_while_one_worker_is_blocked() {
    let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let (free, blocked) = std::sync::mpsc::channel::<()>();
    runtime.block_on(async {
        let stuck = filch::spawn(async move { blocked.recv_timeout(Duration::from_secs(30)) });
        let others: Vec<_> = (0..50)
            .map(|i| {
                filch::spawn(async move {
                    for _ in 0..20 {
                        sleep(Duration::from_micros(500 + i)).await;
                    }
                })
            })
            .collect();
        for other in others {
            timeout(Duration::from_secs(20), other).await.expect("nobody else waits").unwrap();
        }
        free.send(()).unwrap();
        stuck.await.unwrap().unwrap();
    });
}

#[test]
fn blocking_threads_know_their_runtime() {
    each_flavour(|runtime| {
        let task = runtime.spawn_blocking(|| {
            let handle = Handle::current();
            handle.block_on(async {
                sleep(Duration::from_millis(1)).await;
                filch::spawn(async { 5 }).await.unwrap()
            })
        });
        assert_eq!(runtime.block_on(task).unwrap(), 5);
    });
}

#[test]
fn several_runtimes_live_side_by_side_and_wake_each_other() {
    let (a, b) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let in_b = b.spawn(async {
        sleep(Duration::from_millis(5)).await;
        1
    });
    let in_a = a.spawn(async move { in_b.await.unwrap() + 1 });
    assert_eq!(EventLoop::new().unwrap().block_on(in_a).unwrap(), 2);
}

#[test]
fn a_timer_is_served_by_the_runtime_that_made_it_wherever_it_is_polled() {
    let maker = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let timer = {
        let _entered = maker.enter();
        sleep(Duration::from_millis(10))
    };
    let start = Instant::now();
    EventLoop::new().unwrap().block_on(timer);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn dropping_a_runtime_ends_tasks_once_and_frees_its_sockets_and_timers() {
    struct CountDrop(Arc<AtomicUsize>);
    impl Drop for CountDrop {
        fn drop(&mut self) {
            assert!(Handle::try_current().is_ok(), "a destructor finds its runtime");
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let drops = Arc::new(AtomicUsize::new(0));
    for flavour in 0..3 {
        drops.store(0, Ordering::Relaxed);
        let mut builder =
            if flavour == 0 { Builder::new_current_thread() } else { Builder::new_multi_thread() };
        let runtime = builder.worker_threads(flavour.max(1)).build().unwrap();
        let address = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let guard = CountDrop(drops.clone());
            drop(filch::spawn(async move {
                let _guard = guard;
                loop {
                    listener.accept().await.unwrap();
                }
            }));
            let guard = CountDrop(drops.clone());
            drop(filch::spawn(async move {
                let _guard = guard;
                sleep(Duration::from_secs(3600)).await;
            }));
            filch::task::yield_now().await;
            address
        });
        drop(runtime);
        assert_eq!(drops.load(Ordering::Relaxed), 2);
        // The listener is closed: its port is free again.
        std::net::TcpListener::bind(address).unwrap();
    }
}

#[test]
fn a_runtime_may_be_dropped_inside_one_of_its_own_tasks() {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle().clone();
    let (ended, end) = std::sync::mpsc::channel();
    drop(handle.spawn(async move {
        filch::task::yield_now().await;
        drop(runtime);
        ended.send(()).unwrap();
    }));
    end.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(EventLoop::new().unwrap().block_on(handle.spawn(async {})).unwrap_err().is_cancelled());
}

#[test]
fn misuse_is_told_in_words() {
    let message = |misuse: fn()| -> String {
        let panic = std::panic::catch_unwind(misuse).unwrap_err();
        panic.downcast_ref::<String>().cloned().unwrap_or_else(|| {
            (*panic.downcast_ref::<&str>().expect("a panic with words")).to_owned()
        })
    };
    let outside: [fn(); 3] = [
        || drop(filch::spawn(async {})),
        || drop(sleep(Duration::from_secs(1))),
        || drop(Handle::current()),
    ];
    for misuse in outside {
        assert!(message(misuse).contains("no Filch runtime is entered on this thread"));
    }
    let nested = message(|| {
        EventLoop::new().unwrap().block_on(async { EventLoop::new().unwrap().block_on(async {}) });
    });
    assert!(nested.contains("would block a thread that runs async tasks"), "{nested}");
    let no_workers = message(|| {
        let _never = Builder::new_multi_thread().worker_threads(0).build();
    });
    assert!(no_workers.contains("at least one worker"), "{no_workers}");
    assert!(Handle::try_current().is_err());
}

#[test]
fn the_flavour_is_known() {
    let flavour = |runtime: Runtime| runtime.handle().runtime_flavor();
    assert_eq!(flavour(Runtime::new().unwrap()), RuntimeFlavor::MultiThread);
    assert_eq!(
        flavour(Builder::new_current_thread().build().unwrap()),
        RuntimeFlavor::CurrentThread
    );
}

#[test]
fn a_drop_ends_while_a_blocking_call_waits_for_a_timer_or_a_socket() {
    each_flavour_made(|build| {
        let runtime = build();
        let (begun, has_begun) = std::sync::mpsc::channel();
        let also_begun = begun.clone();
        let timer = runtime.spawn_blocking(move || {
            Handle::current().block_on(async {
                begun.send(()).unwrap();
                sleep(Duration::from_secs(3600)).await;
            });
        });
        let socket = runtime.spawn_blocking(move || {
            Handle::current().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                also_begun.send(()).unwrap();
                listener.accept().await.map(drop)
            })
        });
        for _ in 0..2 {
            has_begun.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        drop(runtime);
        let event_loop = EventLoop::new().unwrap();
        let timer = event_loop.block_on(timer).unwrap_err();
        assert!(timer.to_string().contains("shut down"), "{timer}");
        let socket = event_loop.block_on(socket).unwrap().unwrap_err();
        assert!(socket.to_string().contains("shut down"), "{socket}");
    });
}

fn each_flavour_made(test: impl Fn(&dyn Fn() -> Runtime)) {
    test(&|| Builder::new_current_thread().build().unwrap());
    test(&|| Builder::new_multi_thread().worker_threads(2).build().unwrap());
}

#[test]
fn a_runtime_may_be_dropped_by_a_thread_that_is_exiting() {
    thread_local! {
        static RUNTIME: std::cell::RefCell<Option<Runtime>> = const { std::cell::RefCell::new(None) };
    }
    let thread = filch_primitives::thread::spawn(|| {
        RUNTIME.with_borrow_mut(|slot| *slot = Some(Runtime::new().unwrap()));
        // Entered after it, so that what is current is gone before the runtime is.
        RUNTIME.with_borrow(|slot| slot.as_ref().unwrap().block_on(filch::task::yield_now()));
    });
    thread.join().unwrap();
}

#[test]
#[should_panic(expected = "reverse order of their making")]
fn guards_that_are_dropped_in_the_wrong_order_say_so() {
    let (a, b) = (Runtime::new().unwrap(), Runtime::new().unwrap());
    let first = a.enter();
    let _second = b.enter();
    drop(first);
}

#[test]
fn a_thread_name_that_cannot_be_is_an_error() {
    let error = Builder::new_multi_thread().thread_name("a\0b").build().unwrap_err();
    assert!(error.to_string().contains("zero byte"), "{error}");
}

#[test]
fn a_waker_that_blocks_in_place_leaves_the_workers_as_they_were() {
    struct Blocks;
    impl std::task::Wake for Blocks {
        fn wake(self: Arc<Self>) {
            filch::task::block_in_place(|| ());
        }
    }
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let keeps = runtime.spawn(async {
        let mut timer = Box::pin(sleep(Duration::from_millis(5)));
        let waker = std::task::Waker::from(Arc::new(Blocks));
        assert!(timer.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
        Some(timer)
    });
    let timer = runtime.block_on(keeps).unwrap().unwrap();
    while !timer.is_elapsed() {
        std::thread::sleep(Duration::from_millis(1));
    }
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(5));
        let (tell, told) = std::sync::mpsc::channel();
        runtime.spawn(async move { tell.send(()).unwrap() });
        let ran = told.recv_timeout(Duration::from_secs(30));
        assert!(ran.is_ok(), "nobody wakes a worker any more");
    }
}
