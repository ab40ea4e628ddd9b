//! Channels and locks: nothing lost, nothing doubled.

use crate::Chance;
use filch::sync::{Mutex, Notify, RwLock, Semaphore, broadcast, mpsc, oneshot, watch};
use filch::task::yield_now;
use filch::time::timeout;
use std::sync::Arc;

/// Some sends are given up half-way: what was given up is not received, everything else is.
pub async fn through_a_bounded_channel(chance: &mut Chance) {
    let (sender, mut receiver) = mpsc::channel(1 + chance.below(20) as usize);
    let senders: Vec<_> = (0..4)
        .map(|_| {
            let (sender, mut chance) = (sender.clone(), chance.fork());
            filch::spawn(async move {
                let mut sent = 0;
                for n in 0..200_u64 {
                    match timeout(chance.micros(200), sender.send(n)).await {
                        Ok(done) => {
                            done.unwrap();
                            sent += n;
                        }
                        Err(_elapsed) => {}
                    }
                }
                sent
            })
        })
        .collect();
    drop(sender);
    let mut received = 0;
    while let Some(n) = receiver.recv().await {
        received += n;
        if n % 64 == 0 {
            yield_now().await;
        }
    }
    let mut sent = 0;
    for sender in senders {
        sent += sender.await.unwrap();
    }
    assert_eq!(received, sent);
}

/// Everybody gets every message; whoever watches gets the last.
pub async fn to_many(chance: &mut Chance) {
    let messages = 20 + chance.below(50);
    let (news, _) = broadcast::channel(128);
    let (state, _) = watch::channel(0);
    let listeners: Vec<_> = (0..5)
        .map(|_| {
            let (mut news, mut state) = (news.subscribe(), state.subscribe());
            filch::spawn(async move {
                let mut heard = 0;
                while news.recv().await.is_ok() {
                    heard += 1;
                }
                while state.changed().await.is_ok() {}
                (heard, *state.borrow())
            })
        })
        .collect();
    for n in 1..=messages {
        news.send(n).unwrap();
        state.send(n).unwrap();
        if n % 8 == 0 {
            yield_now().await;
        }
    }
    drop((news, state));
    for listener in listeners {
        assert_eq!(listener.await.unwrap(), (messages, messages));
    }
}

/// Questions to a task that answers them; some do not wait for the answer.
pub async fn answered(chance: &mut Chance) {
    let (questions, mut inbox) = mpsc::unbounded_channel::<(u64, oneshot::Sender<u64>)>();
    let answers = filch::spawn(async move {
        let mut asked = 0;
        while let Some((n, answer)) = inbox.recv().await {
            asked += 1;
            // Whoever asked may have gone.
            let _ = answer.send(n * 2);
        }
        asked
    });
    for n in 0..200 {
        let (answer, answered) = oneshot::channel();
        questions.send((n, answer)).unwrap();
        if chance.below(4) != 0 {
            assert_eq!(answered.await, Ok(n * 2));
        }
    }
    drop(questions);
    assert_eq!(answers.await.unwrap(), 200);
}

/// Counts under locks, which some give up waiting for.
pub async fn under_locks(chance: &mut Chance) {
    let locks = Arc::new((Mutex::new(0), RwLock::new(0), Semaphore::new(2), Notify::new()));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (locks, mut chance) = (Arc::clone(&locks), chance.fork());
            filch::spawn(async move {
                let (mutex, rwlock, semaphore, notify) = &*locks;
                let mut times = 0;
                for _ in 0..50 {
                    let _permit = semaphore.acquire().await.unwrap();
                    if let Ok(mut count) = timeout(chance.micros(100), mutex.lock()).await {
                        yield_now().await;
                        *count += 1;
                        times += 1;
                    }
                    *rwlock.write().await += 1;
                    assert!(*rwlock.read().await > 0);
                    notify.notify_one();
                    notify.notified().await;
                }
                // For whoever had its turn taken by another's call.
                notify.notify_one();
                times
            })
        })
        .collect();
    let mut times = 0;
    for task in tasks {
        times += task.await.unwrap();
    }
    assert_eq!((*locks.0.lock().await, *locks.1.read().await), (times, 400));
}
