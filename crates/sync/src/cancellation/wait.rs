//! Futures that wait for a cancellation.

use super::tree::Node;
use crate::notify::{Notify, Wait};
use filch_primitives::sync::Arc;
use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How a future without a borrow holds the node.
pub(super) struct Own(Arc<Node>);

impl Deref for Own {
    type Target = Notify;

    fn deref(&self) -> &Notify {
        &self.0.cancelled
    }
}

/// Waits until the token is cancelled. Made by [`CancellationToken::cancelled`], which see; also for its
/// cancel safety.
///
/// [`CancellationToken::cancelled`]: crate::CancellationToken::cancelled
///
/// ```
/// let token = filch_sync::CancellationToken::new();
/// let cancelled: filch_sync::WaitForCancellationFuture<'_> = token.cancelled();
/// token.cancel();
/// futures_lite::future::block_on(cancelled);
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct WaitForCancellationFuture<'a>(Wait<&'a Notify>);

/// Waits until the token is cancelled, and borrows nothing. Made by
/// [`CancellationToken::cancelled_owned`].
///
/// [`CancellationToken::cancelled_owned`]: crate::CancellationToken::cancelled_owned
///
/// ```
/// let token = filch_sync::CancellationToken::new();
/// let cancelled: filch_sync::WaitForCancellationFutureOwned = token.clone().cancelled_owned();
/// token.cancel();
/// futures_lite::future::block_on(cancelled);
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct WaitForCancellationFutureOwned(Wait<Own>);

impl<'a> WaitForCancellationFuture<'a> {
    pub(super) fn new(node: &'a Node) -> Self {
        Self(Wait::new(&node.cancelled))
    }
}

impl WaitForCancellationFutureOwned {
    pub(super) fn new(node: Arc<Node>) -> Self {
        Self(Wait::new(Own(node)))
    }
}

macro_rules! future {
    ($name:ty) => {
        impl Future for $name {
            type Output = ();

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
                // A cancellation before the future was made; one after it completes the wait.
                if self.0.notify().was_called() {
                    return Poll::Ready(());
                }
                // SAFETY: the only field, and pinned with us.
                let wait = unsafe { self.map_unchecked_mut(|this| &mut this.0) };
                wait.poll(Some(cx))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("is_cancelled", &self.0.notify().was_called())
                    .finish_non_exhaustive()
            }
        }
    };
}

future!(WaitForCancellationFuture<'_>);
future!(WaitForCancellationFutureOwned);
