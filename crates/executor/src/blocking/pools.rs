//! # The pools of one executor: the one that everybody has, and those with a name

use super::{BlockingPool, Crew, PoolConfig, WorkerBack};
use crate::config::Config;
use crate::ledger::Ledger;
use crate::park::Park;
use crate::shutdown::BlockingCall;
use filch_primitives::sync::Mutex;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// There is a pool of that name already.
///
/// ```
/// use filch_executor::PoolConfig;
///
/// let executor = filch_executor::Builder::new_current_thread().build()?;
/// executor.handle().new_blocking_pool("cpu", PoolConfig::new())?;
/// let error = executor.handle().new_blocking_pool("cpu", PoolConfig::new()).unwrap_err();
/// assert!(error.to_string().contains("a pool \"cpu\""));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolExists {
    name: Box<str>,
}

impl fmt::Display for PoolExists {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the runtime has a pool {:?} already: take that one, with `blocking_pool`",
            self.name
        )
    }
}

impl std::error::Error for PoolExists {}

impl From<PoolExists> for io::Error {
    fn from(error: PoolExists) -> Self {
        io::Error::new(io::ErrorKind::AlreadyExists, error)
    }
}

/// See the head of this file.
#[derive(Clone)]
pub(crate) struct Pools {
    first: Arc<Crew>,
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    park: Arc<dyn Park>,
    ledger: Arc<Ledger>,
    named: Mutex<Named>,
}

#[derive(Default)]
struct Named {
    crews: Vec<Arc<Crew>>,
    closed: bool,
}

impl Pools {
    pub(crate) fn new(config: Config, park: Arc<dyn Park>, ledger: Arc<Ledger>) -> Self {
        let first = PoolConfig {
            max_threads: config.max_blocking_threads,
            max_queue: config.max_blocking_queue,
            keep_alive: config.thread_keep_alive,
            stack_size: config.stack_size,
        };
        let first =
            Crew::new(BlockingPool::DEFAULT, config.clone(), &first, park.clone(), ledger.clone());
        let named = Mutex::new(Named::default());
        Self { first, shared: Arc::new(Shared { config, park, ledger, named }) }
    }

    /// Makes a pool of this name; after the shutdown has begun, one that is closed.
    ///
    /// # Panics
    /// If no thread can have that name.
    #[track_caller]
    pub(crate) fn add(&self, name: &str, pool: &PoolConfig) -> Result<Arc<Crew>, PoolExists> {
        assert_can_name_threads(name);
        let mut config = self.shared.config.clone();
        let of_threads = name.to_owned();
        config.thread_name = Arc::new(move || of_threads.clone());
        config.stack_size = pool.stack_size.or(config.stack_size);
        let Shared { park, ledger, named, .. } = &*self.shared;
        let crew = Crew::new(name, config, pool, park.clone(), ledger.clone());
        let mut named = named.lock();
        let is_taken = |other: &Arc<Crew>| other.name() == name;
        if is_taken(&self.first) || named.crews.iter().any(is_taken) {
            return Err(PoolExists { name: name.into() });
        }
        if named.closed {
            crew.close();
        }
        named.crews.push(crew.clone());
        Ok(crew)
    }

    pub(crate) fn find(&self, name: &str) -> Option<Arc<Crew>> {
        self.all().into_iter().find(|crew| crew.name() == name)
    }

    /// All of them, the first one first, then in the order of their making.
    pub(crate) fn all(&self) -> Vec<Arc<Crew>> {
        let named = self.shared.named.lock();
        [&self.first].into_iter().chain(&named.crews).cloned().collect()
    }

    /// The one that everybody has.
    pub(crate) fn first(&self) -> &Arc<Crew> {
        &self.first
    }

    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.shared.ledger
    }

    /// See [`Crew::run_worker`].
    pub(crate) fn run_worker(&self, worker: Box<dyn FnOnce() + Send>) -> Result<(), WorkerBack> {
        self.first.run_worker(worker)
    }

    pub(crate) fn owns_this_thread(&self) -> bool {
        self.all().iter().any(|crew| crew.owns_this_thread())
    }

    /// The calls that threads are at.
    pub(crate) fn running(&self) -> Vec<BlockingCall> {
        self.all().iter().flat_map(Crew::running).collect()
    }

    /// See [`Crew::close`].
    pub(crate) fn close(&self) {
        self.shared.named.lock().closed = true;
        for crew in self.all() {
            crew.close();
        }
    }

    /// See [`Crew::wait`].
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> bool {
        self.all().iter().all(|crew| crew.wait(deadline))
    }
}

/// # Panics
/// If no thread can have that name.
#[track_caller]
pub(crate) fn assert_can_name_threads(name: &str) {
    assert!(!name.contains('\0'), "the pool name {name:?} has a zero byte in it");
}

impl fmt::Debug for Pools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}
