use super::*;
use filch_primitives::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

const LONG: Duration = Duration::from_secs(20);

fn poll(resolver: &Resolver, lookup: &mut Lookup) -> Poll<Answer> {
    lookup.poll_with(&mut Context::from_waker(Waker::noop()), |question| resolver.ask(question))
}

/// Polls again and again, as a task that is woken would.
fn wait(resolver: &Resolver, lookup: &mut Lookup) -> Answer {
    let watchdog = Instant::now() + LONG;
    loop {
        if let Poll::Ready(answer) = poll(resolver, lookup) {
            return answer;
        }
        assert!(Instant::now() < watchdog, "no answer has come");
        thread::sleep(Duration::from_millis(1));
    }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let watchdog = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < watchdog, "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn local(_host: &str, port: u16) -> Answer {
    Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
}

#[test]
fn an_answer_comes_and_the_threads_end_when_nobody_asks() {
    let resolver = Resolver::with(local, Duration::from_millis(20));
    for port in 1..40 {
        let addresses = wait(&resolver, &mut Lookup::new("name", port)).unwrap();
        assert_eq!(addresses, [SocketAddr::from(([127, 0, 0, 1], port))]);
    }
    until("the threads stayed", || resolver.pool.state.lock().threads == 0);
    wait(&resolver, &mut Lookup::new("name", 1)).unwrap();
}

#[test]
fn names_that_hang_hold_up_the_others_only_when_they_are_as_many_as_threads() {
    static BEGUN: AtomicUsize = AtomicUsize::new(0);
    static GATE: Mutex<()> = Mutex::new(());
    let resolver = Resolver::with(
        |host, port| {
            if host == "hangs" {
                // Ordering: Relaxed; a mere count.
                BEGUN.fetch_add(1, Ordering::Relaxed);
                drop(GATE.lock());
            }
            local(host, port)
        },
        LONG,
    );
    let gate = GATE.lock();
    let mut hanging: Vec<_> = (1..THREADS as u16).map(|port| Lookup::new("hangs", port)).collect();
    for lookup in &mut hanging {
        assert!(poll(&resolver, lookup).is_pending());
    }
    // Ordering: Relaxed; as above.
    until("not all began", || BEGUN.load(Ordering::Relaxed) == THREADS - 1);
    wait(&resolver, &mut Lookup::new("quick", 1)).unwrap();

    // With one more that hangs, a quick one waits; dropped meanwhile, it is not looked up at all.
    let mut last = Lookup::new("hangs", 99);
    assert!(poll(&resolver, &mut last).is_pending());
    // Ordering: Relaxed; as above.
    until("the last did not begin", || BEGUN.load(Ordering::Relaxed) == THREADS);
    let mut dropped = Lookup::new("hangs", 100);
    assert!(poll(&resolver, &mut dropped).is_pending());
    drop(dropped);
    let mut quick = Lookup::new("quick", 2);
    assert!(poll(&resolver, &mut quick).is_pending());
    assert_eq!(resolver.pool.state.lock().threads, THREADS);
    drop(gate);
    wait(&resolver, &mut quick).unwrap();
    for lookup in hanging.iter_mut().chain([&mut last]) {
        wait(&resolver, lookup).unwrap();
    }
    // Ordering: Relaxed; as above.
    assert_eq!(BEGUN.load(Ordering::Relaxed), THREADS);
}

#[test]
fn a_shutdown_answers_those_who_wait_and_those_who_come_later() {
    static GATE: Mutex<()> = Mutex::new(());
    let resolver = Resolver::with(
        |host, port| {
            drop(GATE.lock());
            local(host, port)
        },
        LONG,
    );
    let gate = GATE.lock();
    let mut lookups: Vec<_> = (0..THREADS as u16 + 5).map(|n| Lookup::new("n", n)).collect();
    for lookup in &mut lookups {
        assert!(poll(&resolver, lookup).is_pending());
    }
    until("not all began", || resolver.pool.state.lock().questions.len() == 5);
    resolver.shutdown();
    for lookup in lookups.iter_mut().skip(THREADS) {
        assert!(wait(&resolver, lookup).is_err());
    }
    assert!(wait(&resolver, &mut Lookup::new("late", 1)).is_err());
    drop(gate);
    until("the threads stayed", || resolver.pool.state.lock().threads == 0);
}

#[test]
fn the_last_waker_is_woken() {
    struct Tell(Mutex<Sender<()>>);
    impl std::task::Wake for Tell {
        fn wake(self: Arc<Self>) {
            let _ = self.0.lock().send(());
        }
    }
    let (sender, woken): (_, Receiver<()>) = channel();
    let waker = Waker::from(Arc::new(Tell(Mutex::new(sender))));
    let resolver = Resolver::with(local, LONG);
    let mut lookup = Lookup::new("name", 1);
    let polled = lookup.poll_with(&mut Context::from_waker(&waker), |q| resolver.ask(q));
    assert!(polled.is_pending());
    woken.recv_timeout(LONG).expect("the waker is woken");
    assert!(poll(&resolver, &mut lookup).is_ready());
}
