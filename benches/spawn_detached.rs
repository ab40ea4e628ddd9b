//! What does it cost to spawn a task that nobody awaits: from a task (`spawn_many_local`), and from
//! outside while the workers are idle (`spawn_many_remote_idle`)? The last task tells when all have run.

use criterion::{criterion_group, criterion_main};
use filch_benches::contestant::Contestant;
use filch_benches::{Workload, compare};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const TASKS: u64 = 10_000;

async fn spawn_many<C: Contestant>() {
    let (sender, receiver) = C::oneshot();
    let last = Arc::new((AtomicU64::new(TASKS), std::sync::Mutex::new(Some(sender))));
    for _ in 0..TASKS {
        let last = Arc::clone(&last);
        C::detach(C::spawn(async move {
            // Ordering: AcqRel; the last one comes after all others.
            if last.0.fetch_sub(1, Ordering::AcqRel) == 1 {
                let sender = last.1.lock().ok().and_then(|mut sender| sender.take());
                C::send(sender.expect("there is one last task"), ());
            }
        }));
    }
    C::receive(receiver).await;
}

struct Local;

impl Workload for Local {
    const NAME: &'static str = "spawn_many_local";
    const OPERATIONS: u64 = TASKS;

    fn run<C: Contestant>(contestant: &C) {
        contestant.block_on(async { C::spawn(spawn_many::<C>()).await });
    }
}

struct RemoteIdle;

impl Workload for RemoteIdle {
    const NAME: &'static str = "spawn_many_remote_idle";
    const OPERATIONS: u64 = TASKS;

    fn run<C: Contestant>(contestant: &C) {
        contestant.block_on(spawn_many::<C>());
    }
}

criterion_group!(benches, compare::<Local>, compare::<RemoteIdle>);
criterion_main!(benches);
