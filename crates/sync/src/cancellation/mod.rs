//! Telling tasks to stop, a whole tree of them at once.

mod guard;
pub(crate) mod tree;
mod wait;

pub use guard::{DropGuard, DropGuardRef};
pub use wait::{WaitForCancellationFuture, WaitForCancellationFutureOwned};

use filch_primitives::sync::Arc;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::pin;
use std::task::Poll;
use tree::Node;

/// Tells tasks that they should stop.
///
/// Clones are the same token. A [child](Self::child_token) is cancelled with its parent, or alone. A cancelled token
/// stays so. Nothing is stopped by force: the task looks ([`is_cancelled`](Self::is_cancelled), one load),
/// waits ([`cancelled`](Self::cancelled)), or lets its work be dropped
/// ([`run_until_cancelled`](Self::run_until_cancelled)).
///
/// To stop one task, whatever it is at, abort it. To wake tasks more than once, choose
/// [`Notify`](crate::Notify); to tell them why they should stop, [`watch`](crate::watch).
///
/// ```
/// use filch_sync::CancellationToken;
///
/// let service = CancellationToken::new();
/// let request = service.child_token();
/// let another = service.child_token();
/// request.cancel();
/// assert!(!service.is_cancelled() && !another.is_cancelled());
/// service.cancel();
/// assert!(another.is_cancelled());
/// ```
pub struct CancellationToken {
    node: Arc<Node>,
}

impl UnwindSafe for CancellationToken {}
impl RefUnwindSafe for CancellationToken {}

impl CancellationToken {
    /// A token without a parent, not cancelled.
    ///
    /// ```
    /// assert!(!filch_sync::CancellationToken::new().is_cancelled());
    /// ```
    pub fn new() -> Self {
        Self { node: Node::root() }
    }

    /// A token that is cancelled with this one, but not the other way round. If this one is cancelled
    /// already, so is the child.
    ///
    /// It costs one allocation, and nothing is left of it when its last clone is gone. A parent may go before its
    /// children: they belong to the grandparent then.
    ///
    /// ```
    /// let token = filch_sync::CancellationToken::new();
    /// let grandchild = token.child_token().child_token();
    /// token.cancel();
    /// assert!(grandchild.is_cancelled());
    /// assert!(token.child_token().is_cancelled());
    /// ```
    #[must_use = "a child that nobody holds cancels nothing"]
    pub fn child_token(&self) -> Self {
        Self { node: self.node.child() }
    }

    /// Cancels the token and its children, and wakes all who wait for it. When this returns, all of them are
    /// cancelled. To cancel again does nothing.
    ///
    /// ```
    /// let token = filch_sync::CancellationToken::new();
    /// token.cancel();
    /// assert!(token.is_cancelled());
    /// ```
    pub fn cancel(&self) {
        self.node.cancel();
    }

    /// Whether the token was cancelled. One load: to be asked in a loop.
    ///
    /// ```
    /// let token = filch_sync::CancellationToken::new();
    /// let worker = std::thread::spawn({
    ///     let token = token.clone();
    ///     move || while !token.is_cancelled() { std::thread::yield_now() }
    /// });
    /// token.cancel();
    /// worker.join().unwrap();
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.node.is_cancelled()
    }

    /// Waits until the token is cancelled; ready at once if it is.
    ///
    /// # Cancel safety
    /// Safe: it changes nothing.
    ///
    /// ```
    /// let token = filch_sync::CancellationToken::new();
    /// let canceller = token.clone();
    /// let thread = std::thread::spawn(move || canceller.cancel());
    /// futures_lite::future::block_on(token.cancelled());
    /// thread.join().unwrap();
    /// ```
    pub fn cancelled(&self) -> WaitForCancellationFuture<'_> {
        WaitForCancellationFuture::new(&self.node)
    }

    /// [`cancelled`](Self::cancelled), with a future that borrows nothing.
    ///
    /// # Cancel safety
    /// Safe: it changes nothing.
    ///
    /// ```
    /// let token = filch_sync::CancellationToken::new();
    /// let cancelled = token.clone().cancelled_owned();
    /// token.cancel();
    /// futures_lite::future::block_on(cancelled);
    /// ```
    pub fn cancelled_owned(self) -> WaitForCancellationFutureOwned {
        WaitForCancellationFutureOwned::new(self.node)
    }

    /// A guard that cancels this token when it is dropped.
    ///
    /// ```
    /// let token = filch_sync::CancellationToken::new();
    /// {
    ///     let _guard = token.clone().drop_guard();
    ///     // whatever way this scope is left ...
    /// }
    /// assert!(token.is_cancelled());
    /// ```
    pub fn drop_guard(self) -> DropGuard {
        DropGuard::new(self)
    }

    /// [`drop_guard`](Self::drop_guard), borrowing the token.
    ///
    /// ```
    /// let token = filch_sync::CancellationToken::new();
    /// drop(token.drop_guard_ref());
    /// assert!(token.is_cancelled());
    /// ```
    pub fn drop_guard_ref(&self) -> DropGuardRef<'_> {
        DropGuardRef::new(self)
    }

    /// Runs `future` until it ends or the token is cancelled: `None` then, and the future is dropped.
    ///
    /// A token that is cancelled before the first poll does not let the future begin. Later, a future that is
    /// ready when it is polled wins.
    ///
    /// # Cancel safety
    /// That of `future`: dropped, it drops it.
    ///
    /// ```
    /// use std::future::{pending, ready};
    ///
    /// # futures_lite::future::block_on(async {
    /// let token = filch_sync::CancellationToken::new();
    /// assert_eq!(token.run_until_cancelled(ready(1)).await, Some(1));
    /// let canceller = token.clone();
    /// let thread = std::thread::spawn(move || canceller.cancel());
    /// assert_eq!(token.run_until_cancelled(pending::<()>()).await, None);
    /// thread.join().unwrap();
    /// assert_eq!(token.run_until_cancelled(ready(1)).await, None);
    /// # });
    /// ```
    pub async fn run_until_cancelled<F: Future>(&self, future: F) -> Option<F::Output> {
        if self.is_cancelled() {
            return None;
        }
        let mut future = pin!(future);
        let mut cancelled = pin!(self.cancelled());
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            cancelled.as_mut().poll(cx).map(|()| None)
        })
        .await
    }

    /// [`run_until_cancelled`](Self::run_until_cancelled), with a future that borrows nothing of the token.
    ///
    /// # Cancel safety
    /// As for [`run_until_cancelled`](Self::run_until_cancelled).
    ///
    /// ```
    /// let token = filch_sync::CancellationToken::new();
    /// let run = token.clone().run_until_cancelled_owned(std::future::pending::<()>());
    /// token.cancel();
    /// assert_eq!(futures_lite::future::block_on(run), None);
    /// ```
    pub async fn run_until_cancelled_owned<F: Future>(self, future: F) -> Option<F::Output> {
        self.run_until_cancelled(future).await
    }
}

impl Clone for CancellationToken {
    /// The same token once more.
    fn clone(&self) -> Self {
        Self { node: Arc::clone(&self.node) }
    }
}

impl Default for CancellationToken {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CancellationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancellationToken").field("is_cancelled", &self.is_cancelled()).finish()
    }
}
