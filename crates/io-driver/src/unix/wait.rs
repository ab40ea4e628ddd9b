//! Waiting for a descriptor, and running operations on it.

use super::{AsyncFd, AsyncFdReadyGuard, AsyncFdReadyMutGuard};
use crate::interest::Interest;
use crate::readiness::{Direction, Observed};
use std::io;
use std::os::fd::AsRawFd;
use std::task::{Context, Poll, ready};

impl<T: AsRawFd> AsyncFd<T> {
    fn poll_ready(&self, cx: &mut Context<'_>, direction: Direction) -> Poll<io::Result<Observed>> {
        self.registration.poll_ready(cx, direction)
    }

    /// Waits until the descriptor can be read, for a task that polls. Only the last task that polled for
    /// reading is woken.
    ///
    /// # Errors
    /// If the runtime was shut down.
    ///
    /// ```
    #[doc = watched!()]
    /// far.write_all(b"hello")?;
    /// let mut guard = std::future::poll_fn(|cx| fd.poll_read_ready(cx)).await?;
    /// assert!(guard.try_io(|fd| fd.get_ref().read(&mut [0; 8])).is_ok());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_read_ready<'a>(
        &'a self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyGuard<'a, T>>> {
        let observed = ready!(self.poll_ready(cx, Direction::Read))?;
        Poll::Ready(Ok(AsyncFdReadyGuard::new(self, observed)))
    }

    /// As [`poll_read_ready`](Self::poll_read_ready), with a guard that lends what is watched mutably.
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    #[doc = watched!()]
    /// far.write_all(b"hello")?;
    /// std::future::poll_fn(|cx| {
    ///     let mut guard = std::task::ready!(fd.poll_read_ready_mut(cx))?;
    ///     assert!(guard.try_io(|fd| fd.get_mut().read(&mut [0; 8])).is_ok());
    ///     std::task::Poll::Ready(io::Result::Ok(()))
    /// })
    /// .await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_read_ready_mut<'a>(
        &'a mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        let observed = ready!(self.poll_ready(cx, Direction::Read))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard::new(self, observed)))
    }

    /// Waits until the descriptor can be written, for a task that polls. Only the last task that polled
    /// for writing is woken.
    ///
    /// # Errors
    /// If the runtime was shut down.
    ///
    /// ```
    #[doc = watched!()]
    /// let mut guard = std::future::poll_fn(|cx| fd.poll_write_ready(cx)).await?;
    /// assert!(guard.try_io(|fd| fd.get_ref().write(b"hello")).is_ok());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_write_ready<'a>(
        &'a self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyGuard<'a, T>>> {
        let observed = ready!(self.poll_ready(cx, Direction::Write))?;
        Poll::Ready(Ok(AsyncFdReadyGuard::new(self, observed)))
    }

    /// As [`poll_write_ready`](Self::poll_write_ready), with a guard that lends what is watched mutably.
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    #[doc = watched!()]
    /// std::future::poll_fn(|cx| {
    ///     let mut guard = std::task::ready!(fd.poll_write_ready_mut(cx))?;
    ///     assert!(guard.try_io(|fd| fd.get_mut().write(b"hello")).is_ok());
    ///     std::task::Poll::Ready(io::Result::Ok(()))
    /// })
    /// .await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn poll_write_ready_mut<'a>(
        &'a mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<AsyncFdReadyMutGuard<'a, T>>> {
        let observed = ready!(self.poll_ready(cx, Direction::Write))?;
        Poll::Ready(Ok(AsyncFdReadyMutGuard::new(self, observed)))
    }

    /// Waits for any of `interest`; several tasks may wait at once.
    ///
    /// # Errors
    /// If the runtime was shut down.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing: a readiness that nobody has disproved is found again.
    ///
    /// ```
    #[doc = watched!()]
    /// let guard = fd.ready(BOTH).await?;
    /// assert!(guard.ready().is_writable());
    /// # const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn ready(&self, interest: Interest) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        let observed = self.registration.ready(interest).await?;
        Ok(AsyncFdReadyGuard::new(self, observed))
    }

    /// As [`ready`](Self::ready), with a guard that lends what is watched mutably.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    ///
    /// ```
    #[doc = watched!()]
    /// let mut guard = fd.ready_mut(Interest::WRITABLE).await?;
    /// assert_eq!(guard.get_inner_mut().write(b"hello")?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn ready_mut(
        &mut self,
        interest: Interest,
    ) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        let observed = self.registration.ready(interest).await?;
        Ok(AsyncFdReadyMutGuard::new(self, observed))
    }

    /// Waits until the descriptor can be read; several tasks may wait at once.
    ///
    /// # Errors
    /// If the runtime was shut down.
    ///
    /// # Cancel safety
    /// As [`ready`](Self::ready).
    ///
    /// ```
    #[doc = watched!()]
    /// far.write_all(b"hello")?;
    /// let mut guard = fd.readable().await?;
    /// assert!(guard.try_io(|fd| fd.get_ref().read(&mut [0; 8])).is_ok());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn readable(&self) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        self.ready(Interest::READABLE).await
    }

    /// As [`readable`](Self::readable), with a guard that lends what is watched mutably.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    ///
    /// ```
    #[doc = watched!()]
    /// far.write_all(b"hello")?;
    /// let mut guard = fd.readable_mut().await?;
    /// assert!(guard.try_io(|fd| fd.get_mut().read(&mut [0; 8])).is_ok());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn readable_mut(&mut self) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        self.ready_mut(Interest::READABLE).await
    }

    /// Waits until the descriptor can be written; several tasks may wait at once.
    ///
    /// # Errors
    /// If the runtime was shut down.
    ///
    /// # Cancel safety
    /// As [`ready`](Self::ready).
    ///
    /// ```
    #[doc = watched!()]
    /// let mut guard = fd.writable().await?;
    /// assert!(guard.try_io(|fd| fd.get_ref().write(b"hello")).is_ok());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn writable(&self) -> io::Result<AsyncFdReadyGuard<'_, T>> {
        self.ready(Interest::WRITABLE).await
    }

    /// As [`writable`](Self::writable), with a guard that lends what is watched mutably.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    ///
    /// ```
    #[doc = watched!()]
    /// let mut guard = fd.writable_mut().await?;
    /// assert!(guard.try_io(|fd| fd.get_mut().write(b"hello")).is_ok());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn writable_mut(&mut self) -> io::Result<AsyncFdReadyMutGuard<'_, T>> {
        self.ready_mut(Interest::WRITABLE).await
    }

    /// Waits for `interest` and runs `operation`, until it does something else than block.
    ///
    /// # Errors
    /// What the operation returns.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing: where the operation has run, its result is returned.
    ///
    /// ```
    #[doc = watched!()]
    /// far.write_all(b"hello")?;
    /// let n = fd.async_io(Interest::READABLE, |mut near| near.read(&mut [0; 8])).await?;
    /// assert_eq!(n, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn async_io<R>(
        &self,
        interest: Interest,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        let inner = self.get_ref();
        self.registration.async_io(interest, || operation(inner)).await
    }

    /// As [`async_io`](Self::async_io), with what is watched mutable.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    ///
    /// ```
    #[doc = watched!()]
    /// far.write_all(b"hello")?;
    /// let n = fd.async_io_mut(Interest::READABLE, |near| near.read(&mut [0; 8])).await?;
    /// assert_eq!(n, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn async_io_mut<R>(
        &mut self,
        interest: Interest,
        mut operation: impl FnMut(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        let Self { inner, registration } = self;
        let inner = inner.as_mut().expect("an AsyncFd has its object until it is taken apart");
        registration.async_io(interest, || operation(inner)).await
    }

    /// Runs `operation` once if `interest` seems ready; one that blocks takes that back.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it does not; or what the operation returns.
    ///
    /// ```
    #[doc = watched!()]
    /// fd.writable().await?.retain_ready();
    /// assert_eq!(fd.try_io(Interest::WRITABLE, |mut near| near.write(b"hello"))?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_io<R>(
        &self,
        interest: Interest,
        operation: impl FnOnce(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.registration.try_io(interest, |_| operation(self.get_ref()))
    }

    /// As [`try_io`](Self::try_io), with what is watched mutable.
    ///
    /// # Errors
    /// As there.
    ///
    /// ```
    #[doc = watched!()]
    /// fd.writable().await?.retain_ready();
    /// assert_eq!(fd.try_io_mut(Interest::WRITABLE, |near| near.write(b"hello"))?, 5);
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_io_mut<R>(
        &mut self,
        interest: Interest,
        operation: impl FnOnce(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        let Self { inner, registration } = self;
        let inner = inner.as_mut().expect("an AsyncFd has its object until it is taken apart");
        registration.try_io(interest, |_| operation(inner))
    }
}
