//! # How workers and spares get threads

use super::{Core, Relieved, run};
use crate::config::ThreadKind;
use crate::handle::Handle;
use crate::scheduler::Scheduler;
use filch_primitives::sync::Mutex;
use std::io;
use std::sync::Arc;

/// How many workers there are to be from here on. Those that are missing are started; those that are too many leave,
/// each when it looks. The first worker that cannot be started is the last one that is tried.
pub(crate) fn set_workers(scheduler: &Arc<Scheduler>, wanted: usize) -> io::Result<()> {
    if scheduler.is_closing() {
        return Err(shutting_down());
    }
    if scheduler.roster.set_wanted(wanted) {
        // Whoever is told and leaves tells the next.
        scheduler.park.unpark_one();
    }
    let missing: Vec<_> = std::iter::from_fn(|| scheduler.roster.take_for_worker()).collect();
    // All of them count before the first one runs.
    missing.iter().for_each(|_| scheduler.worker_comes());
    let mut failed = None;
    for (index, core) in missing {
        let started = match failed {
            None => start(scheduler, index, core),
            Some(_) => Err((io::Error::other("not tried"), core)),
        };
        match started {
            Ok(()) if scheduler.roster.has_started() => scheduler.park.unpark_one(),
            Ok(()) => {}
            Err((error, core)) => {
                let left = scheduler.roster.gives_back((index, core), false);
                scheduler.worker_goes();
                let first = failed.take().map_or(error, |(first, _)| first);
                failed = Some((first, left));
            }
        }
    }
    failed.map_or(Ok(()), |(error, left)| {
        let words = format!("{left} of {wanted} workers run: cannot start another: {error}");
        Err(io::Error::new(error.kind(), words))
    })
}

fn shutting_down() -> io::Error {
    io::Error::other("the runtime is shutting down")
}

/// Starts the thread of a worker; gives the core back if there is no thread for it.
fn start(
    scheduler: &Arc<Scheduler>,
    index: usize,
    core: Box<Core>,
) -> Result<(), (io::Error, Box<Core>)> {
    if !scheduler.thread_enters_if_open() {
        return Err((shutting_down(), core));
    }
    // In a cell of its own, because a closure that does not get a thread is lost.
    let core = Arc::new(Mutex::new(Some(core)));
    let (theirs, in_cell) = (scheduler.clone(), core.clone());
    let main = move || {
        if let Some(core) = in_cell.lock().take() {
            run(theirs, core);
        }
        || ()
    };
    match scheduler.config.start_thread(ThreadKind::Worker(index), main) {
        Ok(thread) => {
            scheduler.thread_to_join(thread);
            Ok(())
        }
        Err(error) => {
            leaves(scheduler);
            let core = core.lock().take().expect("no thread has taken it");
            Err((error, core))
        }
    }
}

/// Lets a spare run on a thread of the pool for blocking calls; whether it does.
pub(crate) fn start_spare(scheduler: &Arc<Scheduler>, relieved: Relieved) -> bool {
    let Some((index, mut core)) = scheduler.roster.take_for_spare() else {
        return false;
    };
    core.relieves = Some(relieved);
    scheduler.worker_comes();
    let not_started =
        if scheduler.thread_enters_if_open() { run_in_pool(scheduler, core) } else { Err(core) };
    if let Err(mut core) = not_started {
        core.relieves = None;
        scheduler.worker_goes();
        scheduler.roster.gives_back((index, core), true);
        return false;
    }
    true
}

/// Lets a thread of the pool for blocking calls carry on with `core`, for which `thread_enters` was called; gives it
/// back if there is none.
pub(super) fn run_in_pool(scheduler: &Arc<Scheduler>, core: Box<Core>) -> Result<(), Box<Core>> {
    // In a cell of its own, because a closure that does not get a thread is lost.
    let core = Arc::new(Mutex::new(Some(core)));
    let (theirs, in_cell) = (scheduler.clone(), core.clone());
    let started = scheduler.blocking.run_worker(Box::new(move || match in_cell.lock().take() {
        Some(core) => run(theirs, core),
        None => theirs.thread_leaves(),
    }));
    if started.is_ok() {
        return Ok(());
    }
    let core = core.lock().take().expect("no thread has taken it");
    leaves(scheduler);
    Err(core)
}

/// There is no thread for somebody who was to enter a worker's loop. If the shutdown has begun, this thread may be the one
/// that ends the tasks: their destructors may do what tasks do.
fn leaves(scheduler: &Arc<Scheduler>) {
    let handle = Handle::from(scheduler.clone());
    let _entered = handle.enter();
    scheduler.thread_leaves();
}
