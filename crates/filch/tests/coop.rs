//! The cooperative budget: what is always ready gives way all the same, on whatever it runs; and nobody pays for it
//! by waiting for ever. Named after the traps.

mod support;

use filch::io::{AsyncReadExt, AsyncWriteExt};
use filch::runtime::{Builder, EventLoop};
use filch::sync::{
    Barrier, Mutex, Notify, OnceCell, RwLock, Semaphore, SetOnce, broadcast, mpsc, oneshot, watch,
};
use filch::task::{JoinSet, coop, yield_now};
use filch::time::{Duration, interval, sleep, timeout};
use filch_primitives::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::future::{pending, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use support::bounded;

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

/// How many operations a poll may do.
const PER_POLL: usize = 128;

/// Runs a task on one worker, on four, and on the single-threaded flavours.
fn everywhere<F>(task: impl Fn() -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let task = Arc::new(task);
    for workers in [1, 4] {
        let task = task.clone();
        bounded(move || {
            let mut builder = Builder::new_multi_thread();
            let runtime = builder.worker_threads(workers).enable_all().build().unwrap();
            let task = runtime.spawn(task());
            runtime.block_on(task).unwrap();
        });
    }
    let spawned = task.clone();
    bounded(move || {
        EventLoop::new().unwrap().block_on(async { filch::spawn(spawned()).await.unwrap() })
    });
    bounded(move || EventLoop::new().unwrap().block_on(task()));
}

/// How many of an operation a fresh poll does before it gives way.
macro_rules! how_often {
    ($operation:expr) => {{
        yield_now().await;
        let mut count = 0;
        {
            let mut work = pin!(async {
                loop {
                    let _output = $operation.await;
                    count += 1;
                    assert!(count <= PER_POLL, "it never gives way: {}", stringify!($operation));
                }
            });
            poll_fn(|cx| {
                let polled: Poll<()> = work.as_mut().poll(cx);
                assert!(polled.is_pending() && !coop::has_budget_remaining());
                Poll::Ready(())
            })
            .await;
        }
        // The rest of the test, with a budget again.
        yield_now().await;
        count
    }};
}

/// Asserts that each operation, always ready, takes a unit.
macro_rules! assert_a_unit_each {
    ($($operation:expr),* $(,)?) => {$(
        assert_eq!(how_often!($operation), PER_POLL, "{}", stringify!($operation));
    )*};
}

/// Set by somebody who got in.
#[derive(Clone, Default)]
struct Flag(Arc<AtomicBool>);

impl Flag {
    // Ordering: SeqCst; a test, and simple.
    fn raise(&self) {
        self.0.store(true, SeqCst);
    }

    fn is_raised(&self) -> bool {
        self.0.load(SeqCst)
    }
}

/// Spawns what must get in between: a task, then a timer, then a socket.
fn outsiders() -> Flag {
    let flag = Flag::default();
    let raised = flag.clone();
    drop(filch::spawn(async move {
        sleep(MS).await;
        let listener = filch::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = filch::net::TcpStream::connect(listener.local_addr().unwrap());
        let (mut client, accepted) = (client.await.unwrap(), listener.accept().await.unwrap());
        client.write_all(b"hello").await.unwrap();
        let (mut server, mut read) = (accepted.0, [0; 5]);
        server.read_exact(&mut read).await.unwrap();
        raised.raise();
    }));
    flag
}

#[test]
fn a_channel_that_never_runs_empty_lets_timers_and_sockets_in() {
    everywhere(|| async {
        let (tx, mut rx) = mpsc::unbounded_channel();
        let flag = outsiders();
        tx.send(0).unwrap();
        while !flag.is_raised() {
            let n = rx.recv().await.unwrap();
            tx.send(n + 1).unwrap();
        }
    });
}

#[test]
fn a_channel_that_is_polled_by_hand_lets_timers_and_sockets_in() {
    everywhere(|| async {
        let (tx, mut rx) = mpsc::channel(2);
        let flag = outsiders();
        while !flag.is_raised() {
            // `try_recv` knows of no task: who polls it in a loop takes part in the budget by himself.
            tx.try_send(()).unwrap();
            rx.try_recv().unwrap();
            coop::consume_budget().await;
        }
    });
}

#[test]
fn a_loop_of_sleeps_of_no_length_lets_timers_and_sockets_in() {
    everywhere(|| async {
        let flag = outsiders();
        while !flag.is_raised() {
            sleep(Duration::ZERO).await;
        }
    });
}

#[test]
fn an_interval_that_is_always_late_lets_timers_and_sockets_in() {
    everywhere(|| async {
        let flag = outsiders();
        let mut ticks = interval(Duration::from_nanos(1));
        while !flag.is_raised() {
            ticks.tick().await;
        }
    });
}

#[test]
fn a_full_channel_between_two_tasks_lets_a_third_and_a_timer_in() {
    everywhere(|| async {
        let (tx, mut rx) = mpsc::channel(16);
        let flag = outsiders();
        let stop = flag.clone();
        let sender = filch::spawn(async move {
            while !stop.is_raised() {
                tx.send(()).await.unwrap();
            }
        });
        while rx.recv().await.is_some() {}
        sender.await.unwrap();
        assert!(flag.is_raised());
    });
}

#[test]
fn a_select_loop_lets_others_in_even_if_a_branch_knows_nothing_of_the_budget() {
    everywhere(|| async {
        let (tx, mut rx) = mpsc::unbounded_channel();
        let flag = outsiders();
        while !flag.is_raised() {
            tx.send(()).unwrap();
            filch::select! {
                biased;
                _ = rx.recv() => {}
                () = ready(()) => {}
            }
        }
    });
}

#[test]
fn ready_sockets_let_others_in() {
    everywhere(|| async {
        let socket = filch::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(socket.local_addr().unwrap()).await.unwrap();
        let flag = outsiders();
        while !flag.is_raised() {
            socket.send(b"x").await.unwrap();
            socket.recv(&mut [0; 1]).await.unwrap();
        }
    });
}

#[test]
fn a_join_of_one_that_never_waits_lets_its_sibling_go_on() {
    everywhere(|| async {
        let (tx, mut rx) = mpsc::channel(1);
        let done = Flag::default();
        let busy = async {
            while !done.is_raised() {
                sleep(Duration::ZERO).await;
            }
        };
        let sibling = async {
            for _ in 0..10 {
                tx.send(()).await.unwrap();
                rx.recv().await.unwrap();
            }
            done.raise();
        };
        filch::join!(busy, sibling);
    });
}

#[test]
fn a_copy_that_never_ends_one_way_goes_on_the_other_way_too() {
    everywhere(|| async {
        let (mut back, written) = filch::io::duplex(1);
        let mut a = filch::io::join(filch::io::repeat(1), written);
        let mut b = filch::io::join(&b"hello"[..], filch::io::sink());
        let copy = filch::spawn(async move { filch::io::copy_bidirectional(&mut a, &mut b).await });
        let mut read = [0; 5];
        back.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"hello");
        copy.abort();
    });
}

/// Uses up the budget of every poll.
async fn gluttony() {
    loop {
        coop::consume_budget().await;
    }
}

#[test]
fn a_timeout_fires_around_what_eats_up_every_budget() {
    everywhere(|| async {
        for limit in [Duration::ZERO, MS] {
            assert!(timeout(limit, gluttony()).await.is_err());
        }
    });
}

#[test]
fn a_deadline_gets_through_behind_a_branch_that_eats_up_every_budget() {
    everywhere(|| async {
        for limit in [Duration::ZERO, MS] {
            filch::select! {
                biased;
                () = gluttony() => unreachable!(),
                () = sleep(limit) => {}
            }
        }
    });
}

#[test]
fn a_cancellation_and_a_notification_get_through_behind_what_eats_up_every_budget() {
    everywhere(|| async {
        let (token, notify) = (filch::sync::CancellationToken::new(), Notify::new());
        notify.notify_one();
        filch::select! {
            biased;
            () = gluttony() => unreachable!(),
            () = notify.notified() => token.cancel(),
        }
        filch::select! {
            biased;
            () = gluttony() => unreachable!(),
            () = token.cancelled() => {}
        }
        let lock = Mutex::new(());
        filch::select! {
            biased;
            () = gluttony() => unreachable!(),
            _guard = lock.lock() => {}
        }
    });
}

#[test]
fn a_set_of_tasks_that_have_ended_is_drained() {
    everywhere(|| async {
        let mut set: JoinSet<usize> = (0..1000).map(|n| async move { n }).collect();
        let mut sum = 0;
        while let Some(joined) = set.join_next().await {
            sum += joined.unwrap();
        }
        assert_eq!(sum, 499_500);
    });
}

/// Does many operations, each of which is ready.
async fn busy(operations: usize) -> usize {
    let (tx, mut rx) = mpsc::unbounded_channel();
    for n in 0..operations {
        tx.send(n).unwrap();
        rx.recv().await.unwrap();
    }
    operations
}

#[test]
fn a_set_of_futures_that_are_always_ready_ends_and_lets_others_in() {
    everywhere(|| async {
        let flag = outsiders();
        while !flag.is_raised() {
            let all = filch::gather((0..200).map(|_| async { Ok::<_, ()>(busy(10).await) }));
            assert_eq!(all.await.unwrap(), vec![10; 200]);
        }
    });
}

/// A set of somebody else's, without any measure: polls its children until none wakes itself.
struct Greedy<F>(Vec<Option<Pin<Box<F>>>>);

impl<F: Future> Future for Greedy<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        let woken = Arc::new(WokenFlag(AtomicBool::new(true)));
        let waker = Waker::from(woken.clone());
        // Ordering: SeqCst; a test, and simple.
        while woken.0.swap(false, SeqCst) {
            for child in &mut self.0 {
                let mut cx = Context::from_waker(&waker);
                if child.as_mut().is_some_and(|child| child.as_mut().poll(&mut cx).is_ready()) {
                    *child = None;
                }
            }
        }
        assert!(self.0.iter().all(Option::is_none), "none of them waits for anything");
        Poll::Ready(())
    }
}

struct WokenFlag(AtomicBool);

impl std::task::Wake for WokenFlag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

#[test]
fn a_set_that_polls_again_whatever_wakes_itself_comes_to_an_end() {
    everywhere(|| Greedy((0..100).map(|_| Some(Box::pin(busy(100)))).collect()));
}

/// Somebody else's `block_on`, in the middle of a poll.
fn spin_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        std::hint::spin_loop();
    }
}

#[test]
fn a_foreign_block_on_inside_a_task_comes_to_an_end() {
    everywhere(|| async {
        assert_eq!(spin_on(busy(1000)), 1000);
    });
}

#[test]
fn blocking_calls_have_no_budget() {
    everywhere(|| async {
        filch::task::spawn_blocking(|| {
            let mut poll = pin!(busy(1000));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(poll.as_mut().poll(&mut cx).is_ready());
        })
        .await
        .unwrap();
    });
}

#[test]
fn the_future_of_block_on_gives_way() {
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = move || {
        let polls = polls.clone();
        async move {
            let mut work = pin!(busy(10 * PER_POLL));
            // Ordering: SeqCst; a test, and simple.
            polls.store(0, SeqCst);
            poll_fn(|cx| {
                polls.fetch_add(1, SeqCst);
                work.as_mut().poll(cx)
            })
            .await;
            assert_eq!(polls.load(SeqCst), 10);
        }
    };
    bounded(move || {
        Builder::new_multi_thread().worker_threads(1).build().unwrap().block_on(counted());
        Builder::new_current_thread().build().unwrap().block_on(counted());
        EventLoop::new().unwrap().block_on(counted());
        let (event_loop, set) = (EventLoop::new().unwrap(), filch::task::LocalSet::new());
        event_loop.block_on(set.run_until(async {
            filch::task::spawn_local(counted()).await.unwrap();
        }));
    });
}

#[test]
fn whoever_has_used_up_the_budget_goes_behind_all_others() {
    bounded(|| {
        let event_loop = EventLoop::new().unwrap();
        event_loop.block_on(async {
            // Each logs its turn; three polls of work in the first, and the others give way once each.
            let (log, mut turns) = mpsc::unbounded_channel();
            let hungry = filch::spawn(busy_in_turns(log.clone(), 3));
            let others: Vec<_> = (1..=3)
                .map(|name| {
                    let log = log.clone();
                    filch::spawn(async move {
                        log.send(name).unwrap();
                        yield_now().await;
                        log.send(name).unwrap();
                    })
                })
                .collect();
            hungry.await.unwrap();
            for other in others {
                other.await.unwrap();
            }
            drop(log);
            let mut order = Vec::new();
            while let Some(name) = turns.recv().await {
                order.push(name);
            }
            assert_eq!(order, [0, 1, 2, 3, 0, 1, 2, 3, 0]);
        });
    });
}

async fn busy_in_turns(log: mpsc::UnboundedSender<u32>, turns: usize) {
    let mut work = pin!(busy(turns * PER_POLL));
    poll_fn(|cx| {
        log.send(0).unwrap();
        work.as_mut().poll(cx)
    })
    .await;
}

#[test]
fn unconstrained_goes_on_and_leaves_the_budget_as_it_was() {
    everywhere(|| async {
        yield_now().await;
        let mut work = pin!(coop::unconstrained(busy(10 * PER_POLL)));
        let at_once = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await;
        assert!(at_once.is_ready() && coop::has_budget_remaining());
        assert_eq!(how_often!(coop::cooperative(ready(()))), PER_POLL);
    });
}

#[test]
fn every_operation_of_a_channel_takes_a_unit() {
    everywhere(|| async {
        let (tx, mut rx) = mpsc::channel(2 * PER_POLL);
        assert_a_unit_each!(tx.send(1), tx.reserve(), tx.reserve_many(2));
        while rx.try_recv().is_ok() {}
        (0..2 * PER_POLL).for_each(|n| tx.try_send(n).unwrap());
        assert_a_unit_each!(rx.recv());
        (0..PER_POLL).for_each(|n| tx.try_send(n).unwrap());
        assert_a_unit_each!(rx.recv_many(&mut Vec::new(), 1));
        rx.close();
        assert_a_unit_each!(tx.closed(), tx.reserve());

        assert_a_unit_each!({
            let (tx, rx) = oneshot::channel();
            tx.send(1).unwrap();
            rx
        });
        let (tx, mut rx) = broadcast::channel(2);
        assert_a_unit_each!(async {
            tx.send(1).unwrap();
            rx.recv().await.unwrap();
        });
        let (tx, mut rx) = watch::channel(1);
        assert_a_unit_each!(async {
            tx.send(1).unwrap();
            rx.changed().await.unwrap();
        });
        let mut rx = tx.subscribe();
        assert_a_unit_each!(async { drop(rx.wait_for(|_| true).await.unwrap()) });
    });
}

#[test]
fn every_lock_and_meeting_point_takes_a_unit() {
    everywhere(|| async {
        let (mutex, rwlock) = (Mutex::new(1), RwLock::new(1));
        let (semaphore, barrier, notify) = (Semaphore::new(2), Barrier::new(1), Notify::new());
        let (cell, once) = (OnceCell::new_with(Some(1)), SetOnce::new_with(Some(1)));
        assert_a_unit_each!(
            mutex.lock(),
            rwlock.read(),
            rwlock.write(),
            semaphore.acquire(),
            semaphore.acquire_many(2),
            barrier.wait(),
            cell.get_or_init(|| async { 1 }),
            once.wait(),
            async {
                notify.notify_one();
                notify.notified().await;
            },
        );
    });
}

#[test]
fn every_timer_that_is_over_takes_a_unit() {
    everywhere(|| async {
        assert_a_unit_each!(sleep(Duration::ZERO), timeout(HOUR, sleep(Duration::ZERO)));
        assert_a_unit_each!(timeout(Duration::ZERO, pending::<()>()));
        let mut over = Box::pin(sleep(Duration::ZERO));
        assert_a_unit_each!((&mut over));
        let mut ticks = interval(Duration::from_nanos(1));
        assert_a_unit_each!(ticks.tick());
    });
}

#[test]
fn every_operation_in_memory_takes_a_unit() {
    everywhere(|| async {
        let (mut near, mut far) = filch::io::duplex(2 * PER_POLL);
        assert_a_unit_each!(near.write_all(b"x"));
        assert_a_unit_each!(far.read_exact(&mut [0; 1]));
        let (mut empty, mut repeat) = (filch::io::empty(), filch::io::repeat(1));
        let mut sink = filch::io::sink();
        assert_a_unit_each!(empty.read(&mut [0; 1]));
        assert_a_unit_each!(repeat.read(&mut [0; 1]));
        assert_a_unit_each!(sink.write(b"x"));
        // Twice around: what there is, and that it is all.
        assert!(how_often!(filch::io::copy(&mut &b"x"[..], &mut Vec::new())) <= PER_POLL / 2);
    });
}

#[test]
fn every_operation_of_a_socket_takes_a_unit() {
    everywhere(|| async {
        let listener = filch::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = filch::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        peer.write_all(&[0; 4 * PER_POLL]).await.unwrap();
        stream.readable().await.unwrap();
        // Those that would leave it unready are not counted exactly here.
        assert_a_unit_each!(stream.writable(), stream.readable());
        assert_a_unit_each!(stream.peek(&mut [0; 1]));
        let socket = filch::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let here = socket.local_addr().unwrap();
        assert_a_unit_each!(socket.send_to(b"x", here));
    });
}

#[test]
fn joining_tasks_that_have_ended_takes_a_unit_each() {
    everywhere(|| async {
        let mut tasks: Vec<_> = (0..=PER_POLL).map(|n| filch::spawn(async move { n })).collect();
        while !tasks.iter().all(filch::task::JoinHandle::is_finished) {
            yield_now().await;
        }
        assert_a_unit_each!(tasks.pop().unwrap());
    });
}

#[test]
fn small_reads_of_a_file_in_memory_let_others_in() {
    let path = std::env::temp_dir().join(format!("filch-coop-{}", std::process::id()));
    std::fs::write(&path, "hello").unwrap();
    let file = path.clone();
    everywhere(move || {
        let path = path.clone();
        async move {
            let flag = outsiders();
            while !flag.is_raised() {
                assert_eq!(filch::fs::read(&path).await.unwrap(), b"hello");
            }
        }
    });
    std::fs::remove_file(file).unwrap();
}
