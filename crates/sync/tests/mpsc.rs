//! `mpsc`: order, bounds, ends; what each call promises, on one thread.

mod support;

use filch_primitives::atomic::{AtomicUsize, Ordering};
use filch_sync::mpsc::{
    self,
    error::{TryRecvError, TrySendError},
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use support::{Counted, CountingWaker, PanickingWaker, block_on, poll_once};

#[test]
#[should_panic(expected = "room for at least one message")]
fn channel_without_room_is_refused() {
    let _ = mpsc::channel::<u32>(0);
}

#[test]
fn largest_channel_costs_no_memory() {
    let (tx, rx) = mpsc::channel::<[u8; 4096]>(usize::MAX >> 3);
    assert_eq!(tx.capacity(), usize::MAX >> 3);
    assert_eq!(rx.max_capacity(), usize::MAX >> 3);
}

#[test]
fn large_messages_do_not_pass_over_the_stack_as_blocks() {
    let (tx, mut rx) = mpsc::unbounded_channel::<[u8; 64 * 1024]>();
    tx.send([7; 64 * 1024]).unwrap();
    assert_eq!(rx.try_recv().unwrap()[1], 7);
}

#[test]
fn messages_arrive_in_order_across_blocks() {
    let (tx, mut rx) = mpsc::unbounded_channel();
    for number in 0..1000 {
        tx.send(number).unwrap();
        assert_eq!(rx.len(), number + 1);
    }
    for number in 0..1000 {
        assert_eq!(rx.try_recv(), Ok(number));
    }
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    drop(tx);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    assert!(rx.is_empty());
}

#[test]
fn full_channel_makes_senders_wait_in_order() {
    let (tx, mut rx) = mpsc::channel(1);
    tx.try_send(0).unwrap();
    let mut first = pin!(tx.send(1));
    let mut second = pin!(tx.send(2));
    assert!(poll_once(first.as_mut()).is_pending());
    assert!(poll_once(second.as_mut()).is_pending());
    assert_eq!(rx.try_recv(), Ok(0));
    assert_eq!(tx.try_send(9), Err(TrySendError::Full(9)), "the room is the first one's");
    assert!(poll_once(second.as_mut()).is_pending());
    assert!(poll_once(first.as_mut()).is_ready());
    assert_eq!(rx.try_recv(), Ok(1));
    assert!(poll_once(second.as_mut()).is_ready());
    assert_eq!(rx.try_recv(), Ok(2));
}

#[test]
fn cancelled_sender_leaves_its_room_to_the_next() {
    let (tx, mut rx) = mpsc::channel(1);
    tx.try_send(0).unwrap();
    let mut second = pin!(tx.send(2));
    {
        let mut first = pin!(tx.send(1));
        assert!(poll_once(first.as_mut()).is_pending());
        assert!(poll_once(second.as_mut()).is_pending());
        assert_eq!(rx.try_recv(), Ok(0));
    }
    assert!(poll_once(second.as_mut()).is_ready());
    assert_eq!(rx.try_recv(), Ok(2));
}

#[test]
fn permits_count_as_messages_and_hold_up_nobody() {
    let (tx, mut rx) = mpsc::channel(3);
    let permit = block_on(tx.reserve()).unwrap();
    let many = tx.try_reserve_many(1).unwrap();
    assert_eq!(tx.capacity(), 1);
    tx.try_send(1).unwrap();
    assert_eq!(tx.capacity(), 0);
    assert_eq!(rx.try_recv(), Ok(1), "an unused permit is not in the way");
    drop(many);
    permit.send(2);
    assert_eq!(tx.capacity(), 2);
    assert_eq!(rx.try_recv(), Ok(2));
    assert_eq!(rx.capacity(), 3);
}

#[test]
fn more_room_than_there_is_cannot_be_reserved() {
    let (tx, rx) = mpsc::channel::<u32>(2);
    assert!(block_on(tx.reserve_many(3)).is_err());
    assert!(matches!(tx.try_reserve_many(3), Err(TrySendError::Full(()))));
    assert_eq!(block_on(tx.reserve_many(2)).unwrap().len(), 2);
    assert_eq!(tx.capacity(), 2);
    drop(rx);
}

#[test]
fn closed_receiver_takes_what_is_there_and_waits_for_permits() {
    let (tx, mut rx) = mpsc::channel(3);
    tx.try_send(1).unwrap();
    let used = tx.try_reserve().unwrap();
    let unused = tx.try_reserve().unwrap();
    rx.close();
    assert!(tx.is_closed());
    assert_eq!(tx.try_send(9), Err(TrySendError::Closed(9)));
    assert_eq!(block_on(rx.recv()), Some(1));
    assert!(poll_once(pin!(rx.recv())).is_pending());
    used.send(2);
    assert_eq!(block_on(rx.recv()), Some(2));
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty), "a permit is still out");
    let counter = CountingWaker::new();
    let waker = Waker::from(counter.clone());
    assert!(rx.poll_recv(&mut Context::from_waker(&waker)).is_pending());
    drop(unused);
    assert_eq!(counter.wakes(), 1, "the last permit wakes the receiver");
    assert_eq!(block_on(rx.recv()), None);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn closed_receiver_hears_of_a_permit_that_a_given_up_wait_had_been_assigned() {
    let (tx, mut rx) = mpsc::channel(1);
    tx.try_send(1).unwrap();
    let mut send = Box::pin(tx.send(2));
    assert!(poll_once(send.as_mut()).is_pending());
    assert_eq!(rx.try_recv(), Ok(1));
    rx.close();
    let counter = CountingWaker::new();
    let waker = Waker::from(counter.clone());
    assert!(rx.poll_recv(&mut Context::from_waker(&waker)).is_pending(), "a permit is still out");
    drop(send);
    assert_eq!(counter.wakes(), 1);
    assert_eq!(block_on(rx.recv()), None);
}

#[test]
fn closed_unbounded_receiver_takes_what_is_there() {
    let (tx, mut rx) = mpsc::unbounded_channel();
    tx.send(1).unwrap();
    rx.close();
    assert!(tx.send(2).is_err());
    assert_eq!(block_on(rx.recv()), Some(1));
    assert_eq!(block_on(rx.recv()), None);
}

#[test]
fn closing_wakes_senders_and_those_who_wait_for_it() {
    let (tx, mut rx) = mpsc::channel(1);
    tx.try_send(0).unwrap();
    let mut sender = pin!(tx.send(1));
    let mut closed = pin!(tx.closed());
    let counter = CountingWaker::new();
    let waker = Waker::from(counter.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(sender.as_mut().poll(&mut cx).is_pending());
    assert!(closed.as_mut().poll(&mut cx).is_pending());
    rx.close();
    assert_eq!(counter.wakes(), 2);
    assert_eq!(poll_once(sender).map(|sent| sent.map_err(|e| e.0)), Poll::Ready(Err(1)));
    assert!(poll_once(closed).is_ready());
}

#[test]
fn last_sender_wakes_the_receiver() {
    let (tx, mut rx) = mpsc::unbounded_channel::<u32>();
    let other = tx.clone();
    let counter = CountingWaker::new();
    let waker = Waker::from(counter.clone());
    assert!(rx.poll_recv(&mut Context::from_waker(&waker)).is_pending());
    drop(tx);
    assert_eq!(counter.wakes(), 0);
    drop(other);
    assert_eq!(counter.wakes(), 1);
    assert_eq!(block_on(rx.recv()), None);
}

#[test]
fn receiver_is_woken_only_when_it_waits() {
    let (tx, mut rx) = mpsc::unbounded_channel();
    let counter = CountingWaker::new();
    let waker = Waker::from(counter.clone());
    assert!(rx.poll_recv(&mut Context::from_waker(&waker)).is_pending());
    for number in 0..100 {
        tx.send(number).unwrap();
    }
    assert_eq!(counter.wakes(), 1);
    let mut buffer = Vec::new();
    assert_eq!(block_on(rx.recv_many(&mut buffer, 64)), 64);
    assert_eq!(block_on(rx.recv_many(&mut buffer, 64)), 36);
    assert_eq!(block_on(rx.recv_many(&mut buffer, 0)), 0);
    assert_eq!(buffer, (0..100).collect::<Vec<_>>());
}

#[test]
fn weak_senders_do_not_keep_the_channel_open() {
    let (tx, mut rx) = mpsc::channel::<u32>(1);
    let weak = tx.downgrade();
    assert_eq!((tx.strong_count(), tx.weak_count()), (1, 1));
    let again = weak.upgrade().unwrap();
    assert!(again.same_channel(&tx));
    assert_eq!(rx.sender_strong_count(), 2);
    drop((tx, again));
    assert!(weak.clone().upgrade().is_none());
    assert_eq!(block_on(rx.recv()), None);
}

#[test]
fn owned_permit_keeps_the_channel_open() {
    let (tx, mut rx) = mpsc::channel(1);
    let permit = block_on(tx.reserve_owned()).unwrap();
    assert!(poll_once(pin!(rx.recv())).is_pending());
    let tx = permit.send(1);
    assert_eq!(block_on(rx.recv()), Some(1));
    drop(tx.try_reserve_owned().unwrap());
    assert_eq!(block_on(rx.recv()), None);
}

#[test]
fn unread_messages_are_dropped_with_the_receiver() {
    let alive = Arc::new(AtomicUsize::new(0));
    let (tx, rx) = mpsc::channel(100);
    for number in 0..70 {
        assert!(tx.try_send(Counted::new(number, &alive)).is_ok());
    }
    let permit = tx.try_reserve().unwrap();
    drop(rx);
    // Ordering: Relaxed; one thread.
    assert_eq!(alive.load(Ordering::Relaxed), 0, "with the receiver, not with the last sender");
    permit.send(Counted::new(70, &alive));
    assert!(tx.try_send(Counted::new(71, &alive)).is_err());
    drop(tx);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

#[test]
fn panicking_waker_of_the_receiver_loses_no_message() {
    let (tx, mut rx) = mpsc::channel(2);
    let waker = Waker::from(Arc::new(PanickingWaker));
    assert!(rx.poll_recv(&mut Context::from_waker(&waker)).is_pending());
    let sent = catch_unwind(AssertUnwindSafe(|| tx.try_send(1)));
    assert!(sent.is_err(), "the panic reaches the sender");
    tx.try_send(2).unwrap();
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Ok(2)));
}

#[test]
fn messages_that_panic_when_dropped_do_not_strand_the_others() {
    struct Panics(#[expect(dead_code, reason = "dropped")] Counted, bool);
    impl Drop for Panics {
        fn drop(&mut self) {
            assert!(!self.1, "this message panics");
        }
    }
    let alive = Arc::new(AtomicUsize::new(0));
    let (tx, rx) = mpsc::unbounded_channel();
    for number in 0..100 {
        assert!(tx.send(Panics(Counted::new(number, &alive), number % 40 == 1)).is_ok());
    }
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(rx)));
    assert!(dropped.is_err(), "the first panic is told");
    // Ordering: Relaxed; one thread.
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}
