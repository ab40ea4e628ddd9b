//! # What was chosen at build time, shared by everything that starts threads or reports

use crate::long_poll::LongPoll;
use crate::record;
use crate::task::TaskPanic;
use filch_primitives::catch_quietly;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use filch_primitives::thread;

/// What a thread of the runtime is for; given to the closure of `Builder::around_thread`.
///
/// ```
/// let (tell, told) = std::sync::mpsc::channel();
/// let executor = filch_executor::Builder::new_multi_thread()
///     .worker_threads(1)
///     .around_thread(move |kind, run| {
///         tell.send(kind).unwrap();
///         run();
///     })
///     .build()?;
/// assert_eq!(told.recv().unwrap(), filch_executor::ThreadKind::Worker(0));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThreadKind {
    /// It runs tasks, as the worker of this index.
    Worker(usize),
    /// It runs blocking calls.
    Blocking,
}

pub(crate) type AroundThread = Arc<dyn Fn(ThreadKind, &mut dyn FnMut()) + Send + Sync>;
pub(crate) type RefusedHook = Arc<dyn Fn(&str, &io::Error) + Send + Sync>;
pub(crate) type Hook = Arc<dyn Fn() + Send + Sync>;
pub(crate) type PanicHook = Arc<dyn Fn(&TaskPanic) + Send + Sync>;
pub(crate) type LongPollHook = Arc<dyn Fn(&LongPoll) + Send + Sync>;
pub(crate) type ThreadName = Arc<dyn Fn() -> String + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) thread_name: ThreadName,
    pub(crate) stack_size: Option<usize>,
    pub(crate) around_thread: AroundThread,
    pub(crate) on_thread_start: Option<Hook>,
    pub(crate) on_thread_stop: Option<Hook>,
    pub(crate) on_detached_panic: Option<PanicHook>,
    pub(crate) on_long_poll: Option<LongPollHook>,
    pub(crate) long_poll_threshold: Option<Duration>,
    pub(crate) on_thread_refused: Option<RefusedHook>,
    pub(crate) max_blocking_threads: usize,
    pub(crate) max_blocking_queue: usize,
    pub(crate) thread_keep_alive: Duration,
    pub(crate) seed: u64,
    pub(crate) recorder: Option<Arc<record::Shared>>,
}

impl Config {
    /// Starts a thread of the runtime. What `main` returns runs last, after every hook: whoever waits
    /// for it waits for the thread.
    pub(crate) fn start_thread<L: FnOnce()>(
        &self,
        kind: ThreadKind,
        main: impl FnOnce() -> L + Send + 'static,
    ) -> io::Result<thread::JoinHandle<()>> {
        let mut name = String::from("filch-worker");
        catch_quietly(|| name = (self.thread_name)());
        if name.contains('\0') {
            let words = format!("the thread name {name:?} has a zero byte in it");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        let mut builder = thread::Builder::new().name(name);
        if let Some(bytes) = self.stack_size {
            builder = builder.stack_size(bytes);
        }
        let config = self.clone();
        builder.spawn(move || {
            let mut main = Some(main);
            let mut leave = None;
            // A hook that panics does not take the thread with it.
            catch_quietly(|| {
                (config.around_thread)(kind, &mut || {
                    if let Some(hook) = &config.on_thread_start {
                        catch_quietly(|| hook());
                    }
                    leave = main.take().map(|main| main());
                    if let Some(hook) = &config.on_thread_stop {
                        catch_quietly(|| hook());
                    }
                });
            });
            // Somebody counts on it: also should the hook not have come to it.
            if let Some(main) = main.take() {
                leave = Some(main());
            }
            drop(config);
            if let Some(leave) = leave {
                leave();
            }
        })
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("stack_size", &self.stack_size)
            .field("max_blocking_threads", &self.max_blocking_threads)
            .field("max_blocking_queue", &self.max_blocking_queue)
            .field("thread_keep_alive", &self.thread_keep_alive)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
