//! The driver itself: many threads waiting at once, unparks, deadlines, sources that come and go.

mod common;

use common::*;
use filch_io_driver::Driver;
use filch_io_driver::net::{TcpListener, TcpStream};
use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_primitives::thread;
use std::future::{Future, poll_fn};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_millis(50);

#[test]
fn many_connections_on_threads_that_all_wait_at_once() {
    const CONNECTIONS: usize = 64;
    const ROUNDS: usize = 50;
    let pool = Pool::new(4);
    let (listener, address) = pool.run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    });
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            pool.spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let mut buf = [0; 64];
                for round in 0..ROUNDS {
                    let sent = [round as u8; 64];
                    write_all(&mut stream, &sent).await.unwrap();
                    read_exact(&mut stream, &mut buf).await.unwrap();
                    assert_eq!(buf, sent);
                }
            })
        })
        .collect();
    let mut servers = Vec::new();
    let accepted = Arc::new(listener);
    for _ in 0..CONNECTIONS {
        let listener = accepted.clone();
        servers.push(pool.spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buf = [0; 64];
            while read_exact(&mut stream, &mut buf).await.is_ok() {
                write_all(&mut stream, &buf).await.unwrap();
            }
        }));
    }
    for task in clients.into_iter().chain(servers) {
        task.recv_timeout(WATCHDOG).expect("every task ends");
    }
}

/// A source, without which a turn has nothing to look for.
fn source_of(driver: &Driver) -> TcpListener {
    let _entered = driver.enter();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    TcpListener::from_std(listener).unwrap()
}

#[test]
fn an_unpark_before_the_wait_ends_it_and_a_turn_does_not_take_it() {
    let driver = Driver::new().unwrap();
    let unpark_turn_and_wait = || {
        driver.unpark_one();
        driver.wait(None);
        driver.unpark_one();
        driver.turn();
        driver.wait(None);
    };
    unpark_turn_and_wait();
    let _source = source_of(&driver);
    unpark_turn_and_wait();
}

#[test]
fn no_unpark_is_lost_between_turns_and_waits() {
    let driver = Arc::new(Driver::new().unwrap());
    let _source = source_of(&driver);
    let (woke, wakes) = channel();
    let turner = {
        let driver = Arc::clone(&driver);
        let (stop, stopped) = channel::<()>();
        let thread = thread::spawn(move || {
            while stopped.try_recv().is_err() {
                driver.turn();
                thread::yield_now();
            }
        });
        (stop, thread)
    };
    let waiter = {
        let driver = Arc::clone(&driver);
        thread::spawn(move || {
            for _ in 0..500 {
                driver.wait(None);
                if woke.send(()).is_err() {
                    return;
                }
            }
        })
    };
    for _ in 0..500 {
        driver.unpark_one();
        wakes.recv_timeout(WATCHDOG).expect("the unpark reaches the thread that waits");
    }
    waiter.join().unwrap();
    turner.0.send(()).unwrap();
    turner.1.join().unwrap();
}

#[test]
fn a_deadline_wakes_one_of_the_waiting_threads() {
    const THREADS: usize = 4;
    let driver = Arc::new(Driver::new().unwrap());
    let deadline = Instant::now() + SOON * 4;
    let (returned, returns) = channel();
    for _ in 0..THREADS {
        let (driver, returned) = (Arc::clone(&driver), returned.clone());
        thread::spawn(move || {
            driver.wait(None);
            let _ = returned.send(Instant::now());
        });
    }
    thread::sleep(SOON);
    driver.set_deadline(deadline);
    let at = returns.recv_timeout(WATCHDOG).expect("somebody is woken");
    if cfg!(target_os = "linux") {
        assert!(at >= deadline, "nobody is woken early");
    }
    // The kernel wakes one; the others go on sleeping until they are unparked.
    let herd = std::iter::from_fn(|| returns.recv_timeout(SOON).ok()).count();
    assert!(herd < THREADS - 1, "every thread was woken for one deadline");
    for _ in herd..THREADS - 1 {
        driver.unpark_one();
        returns.recv_timeout(WATCHDOG).expect("an unpark wakes the next");
    }
}

#[test]
fn a_turn_says_once_that_the_deadline_has_passed() {
    let driver = Driver::new().unwrap();
    let _source = source_of(&driver);
    assert!(!driver.turn(), "none is set");
    let start = Instant::now();
    driver.set_deadline(start + SOON);
    while !driver.turn() {
        assert!(start.elapsed() < WATCHDOG);
    }
    assert!(start.elapsed() >= SOON);
    assert!(!driver.turn(), "it was said before");
}

#[test]
fn deadlines_that_are_set_while_others_fire_are_kept() {
    let driver = Arc::new(Driver::new().unwrap());
    let start = Instant::now();
    let setters: Vec<_> = (0..4u32)
        .map(|lane| {
            let driver = Arc::clone(&driver);
            thread::spawn(move || {
                for step in 0..200u32 {
                    let deadline =
                        Instant::now() + Duration::from_micros(u64::from(step % 7 * 50 + lane));
                    while Instant::now() < deadline {
                        // As a runtime does: whoever returns arms what is next.
                        driver.set_deadline(deadline);
                        driver.wait(None);
                        driver.unpark_one();
                    }
                    assert!(start.elapsed() < WATCHDOG);
                }
            })
        })
        .collect();
    for setter in setters {
        setter.join().unwrap();
    }
}

#[test]
fn sources_dropped_while_their_events_are_under_way_harm_nobody() {
    let pool = Pool::new(3);
    let rounds: Vec<_> = (0..8)
        .map(|_| {
            pool.spawn(async {
                for _ in 0..50 {
                    let (near, far) = pair().await;
                    let _ = far.try_write(b"x");
                    // Its event is in the kernel, in another thread's batch, or still to come.
                    drop(near);
                    let (mut near, mut far) = pair().await;
                    write_all(&mut far, b"y").await.unwrap();
                    read_exact(&mut near, &mut [0; 1]).await.unwrap();
                }
            })
        })
        .collect();
    for round in rounds {
        round.recv_timeout(WATCHDOG).expect("nobody is harmed");
    }
}

#[test]
fn a_future_that_is_dropped_leaves_the_source_usable() {
    let driver = Driver::new().unwrap();
    driver.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        for _ in 0..3 {
            let mut accept = pin!(listener.accept());
            let is_pending = poll_fn(|cx| Poll::Ready(accept.as_mut().poll(cx).is_pending())).await;
            assert!(is_pending);
        }
        let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        listener.accept().await.unwrap();
    });
}

#[test]
fn after_a_shutdown_every_wait_ends_in_an_error() {
    let pool = Pool::new(2);
    let (near, far) = pool.run(pair());
    let near = Arc::new(near);
    let _ = near.try_read(&mut [0; 8]);
    let waiting = {
        let near = Arc::clone(&near);
        pool.spawn(async move { near.readable().await })
    };
    let polling = pool.spawn(async move {
        let mut far = far;
        read(&mut far, &mut [0; 8]).await.map(drop)
    });
    thread::sleep(SOON);
    pool.driver.shutdown();
    for end in [waiting, polling] {
        let error = end.recv_timeout(WATCHDOG).expect("the wait ends").unwrap_err();
        assert!(error.to_string().contains("shut down"), "{error}");
    }
    let driver = pool.driver.handle().clone();
    drop(pool);
    let _entered = driver.enter();
    let std = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(TcpListener::from_std(std).is_err(), "nothing new is admitted");
    // The socket outlives its driver, and says so.
    assert!(near.try_read(&mut [0; 8]).is_err());
}

/// A waker that panics, with a payload that panics when it is dropped.
struct Bad;

impl Wake for Bad {
    fn wake(self: Arc<Self>) {
        panic_any(Payload);
    }
}

struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        // Of no size: this one is leaked (`catch_quietly`), and a leak would be a find of LeakSanitizer.
        panic_any(());
    }
}

#[test]
fn a_waker_that_panics_costs_no_other_event() {
    let driver = Driver::new().unwrap();
    let _entered = driver.enter();
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    let good = Waker::from(Arc::clone(&woken));
    let bad = Waker::from(Arc::new(Bad));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut streams = Vec::new();
    for index in 0..8 {
        let far = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let near = listener.accept().unwrap().0;
        near.set_nonblocking(true).unwrap();
        let near = TcpStream::from_std(near).unwrap();
        assert!(near.try_read(&mut [0; 8]).is_err());
        let waker = if index % 2 == 0 { &bad } else { &good };
        assert!(near.poll_read_ready(&mut Context::from_waker(waker)).is_pending());
        streams.push((near, far));
    }
    for (_, far) in &mut streams {
        std::io::Write::write_all(far, b"x").unwrap();
    }
    let watchdog = Instant::now() + WATCHDOG;
    // Ordering: Relaxed; the count is all that matters.
    while woken.0.load(Ordering::Relaxed) < 4 {
        assert!(Instant::now() < watchdog);
        driver.wait(Some(SOON));
    }
}

struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        // Ordering: Relaxed; as above.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn block_on_admits_one_thread() {
    let driver = Driver::new().unwrap();
    let nested =
        catch_unwind(AssertUnwindSafe(|| driver.block_on(async { driver.block_on(async {}) })));
    assert!(nested.is_err());
    assert_eq!(driver.block_on(async { 7 }), 7);
}

#[test]
fn a_burst_comes_in_portions_and_none_of_it_is_left() {
    const SOURCES: usize = 200;
    const PORTION: usize = 64;
    let driver = Driver::new().unwrap();
    let _entered = driver.enter();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let streams: Vec<_> = (0..SOURCES)
        .map(|_| {
            let stream = std::net::TcpStream::connect(address).unwrap();
            stream.set_nonblocking(true).unwrap();
            let near = TcpStream::from_std(stream).unwrap();
            // A new source counts as ready until an attempt fails.
            near.try_read(&mut [0]).unwrap_err();
            (near, listener.accept().unwrap().0)
        })
        .collect();
    let mut cx = Context::from_waker(Waker::noop());
    let mut waiting: Vec<_> = streams.iter().map(|(near, _)| Box::pin(near.readable())).collect();
    assert!(waiting.iter_mut().all(|wait| wait.as_mut().poll(&mut cx).is_pending()));
    for (_, far) in &streams {
        (&*far).write_all(b"!").unwrap();
    }
    let mut seen = 0;
    let watchdog = Instant::now() + WATCHDOG;
    while seen < SOURCES {
        assert!(Instant::now() < watchdog, "{seen} events of {SOURCES}");
        let portion = driver.wait(Some(SOON));
        assert!(portion <= PORTION, "{portion} events at once");
        seen += portion;
    }
    assert!(waiting.iter_mut().all(|wait| wait.as_mut().poll(&mut cx).is_ready()));
}
