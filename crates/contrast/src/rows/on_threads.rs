//! Threads of the operating system: one for each task, as everybody knows it; and a few that share the work.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread::{Builder, scope};

use crate::timeline::notes;

/// Runs `work(0)`, `work(1)`, ... `work(tasks - 1)`, each in a thread of its own, at most `at_once` of them at a time.
///
/// # Errors
/// In words, when a thread cannot be started; those that were are joined first. The first error of `work` otherwise.
pub fn run_each(
    tasks: usize,
    at_once: usize,
    work: impl Fn(usize) -> Result<(), String> + Sync,
) -> Result<(), String> {
    let (places, place_freed) = (Mutex::new(at_once), Condvar::new());
    let failure = Mutex::new(None);
    scope(|threads| {
        for task in 0..tasks {
            let guard = places.lock().expect("no holder panics");
            let mut free =
                place_freed.wait_while(guard, |free| *free == 0).expect("no holder panics");
            *free -= 1;
            drop(free);

            let (work, failure, places, place_freed) = (&work, &failure, &places, &place_freed);
            Builder::new()
                .spawn_scoped(threads, move || {
                    if let Err(reason) = notes::task(task, || work(task)) {
                        failure.lock().expect("no holder panics").get_or_insert(reason);
                    }
                    *places.lock().expect("no holder panics") += 1;
                    place_freed.notify_one();
                })
                .map_err(|error| {
                    format!("thread {} of {tasks} cannot be started: {error}", task + 1)
                })?;
        }
        Ok::<_, String>(())
    })?;
    failure.into_inner().expect("no holder panics").map_or(Ok(()), Err)
}

/// Runs `work(0)`, ... `work(pieces - 1)` in `threads` threads: whoever is done takes the next one. No runtime could
/// divide it better.
///
/// # Errors
/// In words, when a thread cannot be started; those that were do all of the work first.
pub fn share(threads: usize, pieces: usize, work: impl Fn(usize) + Sync) -> Result<(), String> {
    let next = AtomicUsize::new(0);
    run_each(threads, threads, |_| {
        loop {
            // Ordering: Relaxed; each number goes to one thread, and nothing else is handed over.
            match next.fetch_add(1, Ordering::Relaxed) {
                piece if piece < pieces => notes::task(piece, || work(piece)),
                _ => return Ok(()),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once_and_not_too_many_at_a_time() {
        let (sum, now, most) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let done = run_each(50, 3, |task| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(std::time::Duration::from_millis(1));
            sum.fetch_add(task, Ordering::SeqCst);
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        });
        assert_eq!(done, Ok(()));
        assert_eq!(sum.into_inner(), (0..50).sum::<usize>());
        assert!(most.into_inner() <= 3);
    }

    #[test]
    fn shared_work_is_done_once() {
        let sum = AtomicUsize::new(0);
        let done = share(3, 100, |piece| {
            sum.fetch_add(piece, Ordering::SeqCst);
        });
        assert_eq!((done, sum.into_inner()), (Ok(()), (0..100).sum()));
    }

    #[test]
    fn the_first_error_is_reported() {
        assert_eq!(
            run_each(3, 3, |task| if task == 1 { Err("no".to_owned()) } else { Ok(()) }),
            Err("no".to_owned())
        );
    }
}
