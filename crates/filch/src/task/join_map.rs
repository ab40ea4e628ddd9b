//! # JoinMap: tasks that are found again by a key

use super::{AbortHandle, Id, JoinError, JoinHandle, JoinSet, LocalSet};
use crate::runtime::Handle;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hash};

/// Tasks with one type of output, each under a key, joined in the order in which they end.
///
/// A key has one task: spawning under a key that is taken aborts the task that has it, whose end is not
/// returned then. Dropping the map aborts its tasks.
///
/// ```
/// use filch::task::JoinMap;
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let mut downloads = JoinMap::new();
/// downloads.spawn("a", async { 1 });
/// downloads.spawn("b", std::future::pending());
/// assert!(downloads.abort("b"));
/// let mut ends = Vec::new();
/// while let Some((name, joined)) = downloads.join_next().await {
///     ends.push((name, joined.ok()));
/// }
/// ends.sort();
/// assert_eq!(ends, [("a", Some(1)), ("b", None)]);
/// # });
/// # std::io::Result::Ok(())
/// ```
pub struct JoinMap<K, V, S = RandomState> {
    tasks: JoinSet<V>,
    /// The key of each task, by its place in the set.
    keys: Vec<Option<K>>,
    /// Places by the hash of their key: the key itself stands in `keys`, once.
    places: HashMap<u64, Vec<usize>>,
    hasher: S,
}

impl<K, V> JoinMap<K, V> {
    /// An empty map.
    ///
    /// ```
    /// let map = filch::task::JoinMap::<&str, u32>::new();
    /// assert!(map.is_empty());
    /// ```
    pub fn new() -> Self {
        Self::with_hasher(RandomState::new())
    }

    /// An empty map with room for `capacity` tasks.
    ///
    /// ```
    /// let map = filch::task::JoinMap::<&str, u32>::with_capacity(10);
    /// assert!(map.is_empty());
    /// ```
    pub fn with_capacity(capacity: usize) -> Self {
        let mut map = Self::new();
        map.keys.reserve(capacity);
        map.places.reserve(capacity);
        map
    }
}

impl<K, V, S> JoinMap<K, V, S> {
    /// An empty map that hashes with `hasher`.
    ///
    /// ```
    /// use std::hash::RandomState;
    /// let map = filch::task::JoinMap::<&str, u32>::with_hasher(RandomState::new());
    /// assert!(map.is_empty());
    /// ```
    pub fn with_hasher(hasher: S) -> Self {
        Self { tasks: JoinSet::new(), keys: Vec::new(), places: HashMap::new(), hasher }
    }

    /// How many tasks have not been joined, ended ones included.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", async { 7 });
    /// assert_eq!(map.len(), 1);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether every task has been joined.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", async { 7 });
    /// assert!(!map.is_empty());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The keys of the tasks that have not been joined, in any order.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", async { 7 });
    /// assert!(map.keys().eq([&"a"]));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.keys.iter().flatten()
    }
}

impl<K, V, S> JoinMap<K, V, S>
where
    K: Hash + Eq,
    V: 'static,
    S: BuildHasher,
{
    fn find<Q>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let places = self.places.get(&self.hasher.hash_one(key))?;
        let has_key =
            |&&place: &&usize| self.keys[place].as_ref().is_some_and(|k| k.borrow() == key);
        places.iter().find(has_key).copied()
    }

    fn forget(&mut self, place: usize) -> Option<K> {
        let key = self.keys[place].take()?;
        if let Entry::Occupied(mut places) = self.places.entry(self.hasher.hash_one(&key)) {
            places.get_mut().retain(|&other| other != place);
            if places.get().is_empty() {
                places.remove();
            }
        }
        Some(key)
    }

    fn insert(&mut self, key: K, task: JoinHandle<V>) {
        if let Some(place) = self.find(&key) {
            self.forget(place);
            if let Some(replaced) = self.tasks.remove(place) {
                replaced.abort();
            }
        }
        let (place, _abort) = self.tasks.insert(task);
        self.places.entry(self.hasher.hash_one(&key)).or_default().push(place);
        if self.keys.len() <= place {
            self.keys.resize_with(place + 1, || None);
        }
        self.keys[place] = Some(key);
    }

    /// As [`spawn`](super::spawn).
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", async { 7 });
    /// let (key, joined) = map.join_next().await.unwrap();
    /// assert_eq!((key, joined.unwrap()), ("a", 7));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread.
    #[track_caller]
    pub fn spawn<F>(&mut self, key: K, task: F)
    where
        F: Future<Output = V> + Send + 'static,
        V: Send,
    {
        let task = super::spawn(task);
        self.insert(key, task);
    }

    /// As [`Handle::spawn`].
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// let other = filch::runtime::Runtime::new()?;
    /// let mut map = JoinMap::new();
    /// map.spawn_on("a", async { 7 }, other.handle());
    /// assert_eq!(other.block_on(map.join_next()).unwrap().0, "a");
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_on<F>(&mut self, key: K, task: F, handle: &Handle)
    where
        F: Future<Output = V> + Send + 'static,
        V: Send,
    {
        let task = handle.spawn(task);
        self.insert(key, task);
    }

    /// As [`spawn_blocking`](super::spawn_blocking).
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn_blocking("a", || 7);
    /// assert_eq!(map.join_next().await.unwrap().1.unwrap(), 7);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no runtime is entered on this thread, or no thread can be had.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, key: K, f: F)
    where
        F: FnOnce() -> V + Send + 'static,
        V: Send,
    {
        let task = super::spawn_blocking(f);
        self.insert(key, task);
    }

    /// As [`Handle::spawn_blocking`].
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// let other = filch::runtime::Runtime::new()?;
    /// let mut map = JoinMap::new();
    /// map.spawn_blocking_on("a", || 7, other.handle());
    /// assert_eq!(other.block_on(map.join_next()).unwrap().0, "a");
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If no thread can be had.
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, key: K, f: F, handle: &Handle)
    where
        F: FnOnce() -> V + Send + 'static,
        V: Send,
    {
        let task = handle.spawn_blocking(f);
        self.insert(key, task);
    }

    /// As [`spawn_local`](super::spawn_local).
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// let shared = std::rc::Rc::new(7);
    /// map.spawn_local("a", async move { *shared });
    /// assert_eq!(map.join_next().await.unwrap().1.unwrap(), 7);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Panics
    /// If neither a [`LocalSet`] nor an event loop is current on this thread.
    #[track_caller]
    pub fn spawn_local<F>(&mut self, key: K, task: F)
    where
        F: Future<Output = V> + 'static,
    {
        let task = super::spawn_local(task);
        self.insert(key, task);
    }

    /// As [`LocalSet::spawn_local`].
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// let local = filch::task::LocalSet::new();
    /// let mut map = JoinMap::new();
    /// map.spawn_local_on("a", async { 7 }, &local);
    /// # let event_loop = filch::runtime::EventLoop::new()?;
    /// assert_eq!(local.block_on(&event_loop, map.join_next()).unwrap().0, "a");
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, key: K, task: F, set: &LocalSet)
    where
        F: Future<Output = V> + 'static,
    {
        let task = set.spawn_local(task);
        self.insert(key, task);
    }

    /// Waits for the next task that ends, and gives back its key; `None` when the map is empty.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", async { 7 });
    /// assert_eq!(map.join_next().await.unwrap().0, "a");
    /// assert!(map.join_next().await.is_none());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Cancel safety
    /// Safe: a task whose end was not returned stays in the map.
    pub async fn join_next(&mut self) -> Option<(K, Result<V, JoinError>)> {
        poll_fn(|cx| {
            let joined = self.tasks.poll_join_next_with_key(cx);
            joined.map(|joined| joined.map(|joined| self.with_its_key(joined)))
        })
        .await
    }

    /// A task that has ended, if there is one.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", async { 7 });
    /// assert!(map.try_join_next().is_none());
    /// filch::task::yield_now().await;
    /// assert_eq!(map.try_join_next().unwrap().0, "a");
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_join_next(&mut self) -> Option<(K, Result<V, JoinError>)> {
        let joined = self.tasks.try_join_next_with_key()?;
        Some(self.with_its_key(joined))
    }

    /// What came of the task at a place that it has left.
    fn with_its_key(
        &mut self,
        (place, joined): (usize, Result<(Id, V), JoinError>),
    ) -> (K, Result<V, JoinError>) {
        let key = self.forget(place).expect("a task in the map has a key");
        (key, joined.map(|(_id, output)| output))
    }

    /// Aborts the task under `key`, which stays in the map until it is joined; whether there is one.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", std::future::pending::<()>());
    /// assert!(map.abort("a") && !map.abort("b"));
    /// assert!(map.join_next().await.unwrap().1.unwrap_err().is_cancelled());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn abort<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let task = self.find(key).and_then(|place| self.tasks.task(place));
        task.map(JoinHandle::abort).is_some()
    }

    /// Aborts the tasks whose key `matches`.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn(1, std::future::pending::<()>());
    /// map.spawn(2, async {});
    /// map.abort_matching(|key| key % 2 == 1);
    /// while let Some((key, joined)) = map.join_next().await {
    ///     assert_eq!(joined.is_ok(), key == 2);
    /// }
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn abort_matching(&mut self, mut matches: impl FnMut(&K) -> bool) {
        for (place, key) in self.keys.iter().enumerate() {
            if key.as_ref().is_some_and(&mut matches) {
                if let Some(task) = self.tasks.task(place) {
                    task.abort();
                }
            }
        }
    }

    /// Aborts every task. They stay in the map, and are joined as cancelled.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", std::future::pending::<()>());
    /// map.abort_all();
    /// assert!(map.join_next().await.unwrap().1.is_err());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn abort_all(&mut self) {
        self.tasks.abort_all();
    }

    /// Lets every task go on without the map.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", async { 7 });
    /// map.detach_all();
    /// assert!(map.is_empty());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn detach_all(&mut self) {
        self.tasks.detach_all();
        self.keys.clear();
        self.places.clear();
    }

    /// Aborts every task and waits until all have ended.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", std::future::pending::<()>());
    /// map.shutdown().await;
    /// assert!(map.is_empty());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Cancel safety
    /// The tasks are aborted; those that have not been waited for stay in the map.
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Whether a task is there under `key`, ended or not.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", async { 7 });
    /// assert!(map.contains_key("a"));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.find(key).is_some()
    }

    /// Whether the task is in the map, ended or not.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", async { 7 });
    /// let id = map.abort_handle("a").unwrap().id();
    /// assert!(map.contains_task(&id));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn contains_task(&self, task: &Id) -> bool {
        (0..self.keys.len()).filter_map(|place| self.tasks.task(place)).any(|t| t.id() == *task)
    }

    /// A handle that can abort the task under `key` and nothing else.
    ///
    /// ```
    /// # use filch::task::JoinMap;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let mut map = JoinMap::new();
    /// map.spawn("a", std::future::pending::<()>());
    /// map.abort_handle("a").unwrap().abort();
    /// assert!(map.join_next().await.unwrap().1.is_err());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn abort_handle<Q>(&self, key: &Q) -> Option<AbortHandle>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.find(key).and_then(|place| self.tasks.task(place)).map(JoinHandle::abort_handle)
    }
}

impl<K, V> Default for JoinMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V, S> fmt::Debug for JoinMap<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys()).finish()
    }
}
