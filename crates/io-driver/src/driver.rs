//! The driver: waits for the operating system, wakes whom an event concerns.

use crate::block_on::Blocked;
use crate::interest::Interest;
use crate::readiness::Woken;
use crate::ready::Ready;
use crate::registry::{Key, Registry};
use crate::resolver::Resolver;
use crate::selector::{BorrowedSource, Selected, Selector};
use crate::unparks::Unparks;
use filch_primitives::{Current, CurrentGuard, catch_quietly};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

filch_primitives::thread_local! {
    static CURRENT: Current<DriverHandle> = const { Current::new() };
}

/// The I/O driver of one runtime.
///
/// Any number of threads may [`wait`](Self::wait) at once; on Linux all of them sleep in the kernel, and
/// each event wakes exactly one. Elsewhere one of them sleeps in the kernel and the others behind it.
/// Dropping the driver [shuts it down](Self::shutdown).
///
/// # Panics
/// Its methods do if the operating system refuses an operation on one of the driver's own descriptors.
///
/// ```
/// use filch_io_driver::{Driver, net::TcpListener};
///
/// let driver = Driver::new()?;
/// driver.block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let _client = std::net::TcpStream::connect(listener.local_addr()?)?;
///     let (_stream, peer) = listener.accept().await?;
///     assert!(peer.ip().is_loopback());
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Driver {
    handle: DriverHandle,
    blocked: Blocked,
}

/// A driver, as sources and other threads know it: cheap to clone, and harmless after the driver is gone.
///
/// ```
/// let driver = filch_io_driver::Driver::new()?;
/// let handle = driver.handle().clone();
/// std::thread::spawn(move || handle.unpark_one());
/// driver.wait(None); // until the other thread unparks
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct DriverHandle {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    selector: Selector,
    unparks: Unparks,
    registry: Registry,
    resolver: Resolver,
}

impl Driver {
    /// Opens a driver.
    ///
    /// # Errors
    /// What the operating system says when it has no descriptors or memory left. Nothing stays open then.
    ///
    /// ```
    /// # use filch_io_driver::Driver;
    /// let driver = Driver::new()?;
    /// assert_eq!(driver.block_on(async { 7 }), 7);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn new() -> io::Result<Self> {
        let shared = Shared {
            selector: Selector::new()?,
            unparks: Unparks::new(),
            registry: Registry::new(),
            resolver: Resolver::new(),
        };
        Ok(Self { handle: DriverHandle { shared: Arc::new(shared) }, blocked: Blocked::default() })
    }

    /// A handle to this driver.
    ///
    /// ```
    /// # use filch_io_driver::Driver;
    /// # let driver = Driver::new()?;
    /// let handle = driver.handle().clone();
    /// let _entered = handle.enter();
    /// # std::io::Result::Ok(())
    /// ```
    pub fn handle(&self) -> &DriverHandle {
        &self.handle
    }

    pub(crate) fn blocked(&self) -> &Blocked {
        &self.blocked
    }

    /// Sleeps until an event, an [unpark](Self::unpark_one), the [deadline](Self::set_deadline) or the end
    /// of `timeout`, whichever is first, and wakes the tasks that the events concern.
    ///
    /// Returns how many events woke somebody. It may return without any reason. An unpark from before the call ends it at
    /// once. A time-out is rounded up to the operating system's resolution, usually a millisecond; deadlines are precise.
    ///
    /// # Panics
    /// If the operating system refuses to wait on the driver's own descriptor.
    ///
    /// ```
    /// use filch_io_driver::Driver;
    ///
    /// let driver = Driver::new()?;
    /// driver.unpark_one();
    /// driver.wait(None);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn wait(&self, timeout: Option<Duration>) -> usize {
        self.handle.wait(timeout)
    }

    /// Wakes the tasks that events have come for, without sleeping. An unpark is left for those who wait. Before the
    /// first source it does nothing.
    ///
    /// Whether it has taken notice that the [deadline](Self::set_deadline) has passed, of which nobody who waits is told
    /// then.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    ///
    /// ```
    /// # use filch_io_driver::Driver;
    /// # let driver = Driver::new()?;
    /// driver.turn(); // returns at once
    /// # std::io::Result::Ok(())
    /// ```
    pub fn turn(&self) -> bool {
        self.handle.turn()
    }

    /// Makes one thread that is in [`wait`](Self::wait) return: any of them. If there is none, the next
    /// wait returns at once.
    ///
    /// Two unparks in quick succession may wake one thread only. Whoever needs several threads lets the
    /// one that woke up unpark the next.
    ///
    /// ```
    /// # use filch_io_driver::Driver;
    /// # let driver = Driver::new()?;
    /// driver.unpark_one();
    /// driver.wait(None); // returns at once
    /// # std::io::Result::Ok(())
    /// ```
    pub fn unpark_one(&self) {
        self.handle.unpark_one();
    }

    /// Makes one wait return at `at` or shortly after, unless it is already to return earlier.
    ///
    /// No thread is woken for the sake of this call. Once the earliest deadline has passed and a wait or a
    /// turn has taken notice, none is set: whoever returns from either, at once and for whatever reason, looks for what
    /// is due and calls this with the next deadline. A turn before the first source takes notice of nothing.
    ///
    /// ```
    /// use filch_io_driver::Driver;
    /// use std::time::{Duration, Instant};
    ///
    /// let driver = Driver::new()?;
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// driver.set_deadline(deadline);
    /// while Instant::now() < deadline {
    ///     driver.wait(None);
    /// }
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_deadline(&self, at: Instant) {
        self.handle.set_deadline(at);
    }

    /// Makes this the thread's driver, in which sources are made, until the guard is dropped.
    ///
    /// ```
    /// # use filch_io_driver::Driver;
    /// # let driver = Driver::new()?;
    /// let _entered = driver.enter();
    /// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// listener.set_nonblocking(true)?;
    /// let _listener = filch_io_driver::net::TcpListener::from_std(listener)?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn enter(&self) -> EnterGuard {
        self.handle.enter()
    }

    /// Ends every operation that waits for a source, or for a look-up that has not begun, now and later, in an error, and
    /// admits no source any more. One that has begun ends when the system has answered. One waiting thread is unparked.
    ///
    /// ```
    /// use filch_io_driver::{Driver, net::TcpListener};
    ///
    /// let driver = Driver::new()?;
    /// let error = driver.block_on(async {
    ///     let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    ///     driver.shutdown();
    ///     listener.accept().await.unwrap_err()
    /// });
    /// assert!(error.to_string().contains("shut down"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn shutdown(&self) {
        self.handle.shared.registry.shutdown(wake);
        self.handle.shared.resolver.shutdown();
        self.unpark_one();
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl DriverHandle {
    /// The driver that was entered last on this thread.
    ///
    /// # Panics
    /// If there is none.
    ///
    /// ```
    /// # use filch_io_driver::{Driver, DriverHandle};
    /// # let driver = Driver::new()?;
    /// driver.block_on(async { DriverHandle::current().unpark_one() });
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn current() -> Self {
        Self::try_current().unwrap_or_else(|| {
            panic!(
                "no Filch I/O driver is entered on this thread: call this inside `Runtime::block_on`, \
                 a spawned task, or with `Runtime::enter`"
            )
        })
    }

    /// The driver that was entered last on this thread, if any.
    ///
    /// ```
    /// use filch_io_driver::{Driver, DriverHandle};
    ///
    /// let driver = Driver::new()?;
    /// assert!(DriverHandle::try_current().is_none());
    /// let _entered = driver.enter();
    /// assert!(DriverHandle::try_current().is_some());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_current() -> Option<Self> {
        Current::get(&CURRENT)
    }

    /// As [`Driver::enter`].
    ///
    /// ```
    /// # use filch_io_driver::{Driver, DriverHandle};
    /// # let driver = Driver::new()?;
    /// let _entered = driver.handle().enter();
    /// assert!(DriverHandle::try_current().is_some());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn enter(&self) -> EnterGuard {
        EnterGuard { _guard: Current::enter(&CURRENT, self.clone()) }
    }

    /// As [`Driver::wait`].
    ///
    /// # Panics
    /// If the operating system refuses to wait on the driver's own descriptor.
    ///
    /// ```
    /// # use filch_io_driver::Driver;
    /// # let driver = Driver::new()?;
    /// driver.handle().wait(Some(std::time::Duration::from_millis(1)));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn wait(&self, timeout: Option<Duration>) -> usize {
        self.shared.unparks.sleep(|is_unparked| {
            let timeout = if is_unparked { Some(Duration::ZERO) } else { timeout };
            self.select(timeout).1
        })
    }

    /// As [`Driver::turn`].
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    ///
    /// ```
    /// # use filch_io_driver::Driver;
    /// # let driver = Driver::new()?;
    /// driver.handle().turn(); // returns at once
    /// # std::io::Result::Ok(())
    /// ```
    pub fn turn(&self) -> bool {
        // Before the first source, nothing can have come. Unparks, and the alarm, are for those who wait.
        if self.shared.registry.is_unused() {
            return false;
        }
        let selected = self.select(Some(Duration::ZERO)).0;
        // The unpark was for a thread that sleeps or is about to, and the kernel reports it once.
        if selected.is_unparked {
            self.unpark_one();
        }
        selected.is_due
    }

    /// As [`Driver::unpark_one`].
    ///
    /// ```
    /// # use filch_io_driver::Driver;
    /// # let driver = Driver::new()?;
    /// driver.handle().unpark_one();
    /// driver.wait(None); // returns at once
    /// # std::io::Result::Ok(())
    /// ```
    pub fn unpark_one(&self) {
        self.shared.unparks.unpark(|| self.shared.selector.unpark_one());
    }

    /// As [`Driver::set_deadline`].
    ///
    /// ```
    /// # use filch_io_driver::Driver;
    /// # let driver = Driver::new()?;
    /// use std::time::{Duration, Instant};
    /// let deadline = Instant::now() + Duration::from_millis(2);
    /// driver.handle().set_deadline(deadline);
    /// while Instant::now() < deadline {
    ///     driver.wait(None);
    /// }
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_deadline(&self, at: Instant) {
        self.shared.selector.set_deadline(at);
    }

    /// As an event of the operating system's.
    pub(crate) fn report(&self, key: Key, ready: Ready) {
        wake(self.shared.registry.event(key, ready));
    }

    /// How many events woke somebody, and what there was besides.
    fn select(&self, timeout: Option<Duration>) -> (Selected, usize) {
        let registry = &self.shared.registry;
        let mut events = 0;
        let selected = self.shared.selector.select(timeout, |key, ready| {
            let woken = registry.event(key, ready);
            // One that nobody waits for is no work: the space in the buffer of a datagram socket, each time.
            events += usize::from(woken.wakes());
            wake(woken);
        });
        match selected {
            Ok(selected) => (selected, events),
            Err(error) => panic!("waiting for I/O events failed: {error}"),
        }
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub(crate) fn resolver(&self) -> &Resolver {
        &self.shared.resolver
    }

    pub(crate) fn selector(&self) -> &Selector {
        &self.shared.selector
    }

    /// Adds a source that is assumed to be `ready`; events come for `interest`.
    pub(crate) fn register(
        &self,
        source: BorrowedSource<'_>,
        interest: Interest,
        ready: Ready,
    ) -> io::Result<Key> {
        let key = self.shared.registry.insert(ready)?;
        match self.shared.selector.register(source, key, interest) {
            Ok(()) => Ok(key),
            Err(error) => {
                self.shared.registry.remove(key);
                Err(error)
            }
        }
    }

    /// Removes a source, before its descriptor is closed or given away.
    pub(crate) fn deregister(&self, source: BorrowedSource<'_>, key: Key) -> io::Result<()> {
        let result = self.shared.selector.deregister(source, key);
        self.shared.registry.remove(key);
        result
    }
}

/// Leaves the driver when it is dropped; made by [`Driver::enter`].
///
/// Guards on one thread must be dropped in the reverse order of their making.
///
/// ```
/// # use filch_io_driver::{Driver, DriverHandle};
/// # let driver = Driver::new()?;
/// let entered = driver.enter();
/// assert!(DriverHandle::try_current().is_some());
/// drop(entered);
/// assert!(DriverHandle::try_current().is_none());
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
#[must_use = "the driver is left when the guard is dropped"]
pub struct EnterGuard {
    _guard: CurrentGuard<DriverHandle>,
}

/// Wakes everyone. A waker that panics has been reported by the panic hook; the other events of the
/// batch, which the kernel will not repeat, must not be lost for it.
fn wake(woken: Woken) {
    for waker in woken.wakers.into_iter().flatten().chain(woken.waiters) {
        catch_quietly(|| waker.wake());
    }
}

/// What operations on sources of a driver that is gone return.
pub(crate) fn shut_down() -> io::Error {
    io::Error::other(
        "the Filch runtime of this source was shut down: nothing will become ready any more",
    )
}
