//! # What a task takes over from the one that spawned it

use super::LocalKey;
use crate::time::Instant;
use filch_sync::CancellationToken;
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

crate::task_local! {
    static DEADLINE: Instant;
    static TOKEN: CancellationToken;
}

/// By when the running task, or what it works for, is to be done: of the nearest
/// [`Inherit::deadline`] around it, the scope's included that hands its own on.
///
/// ```
/// use filch::task::{Inherit, deadline};
/// use filch::time::{Duration, Instant};
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// assert_eq!(deadline(), None);
/// let soon = Instant::now() + Duration::from_secs(1);
/// assert_eq!(Inherit::nothing().deadline(soon).scope(async { deadline() }).await, Some(soon));
/// # });
/// # std::io::Result::Ok(())
/// ```
pub fn deadline() -> Option<Instant> {
    DEADLINE.try_get().ok()
}

/// The token that tells the running task to stop: of the nearest [`Inherit::token`] around it.
///
/// ```
/// use filch::sync::CancellationToken;
/// use filch::task::{Inherit, cancellation};
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// assert!(cancellation().is_none());
/// let token = CancellationToken::new();
/// token.cancel();
/// let inside = Inherit::nothing().token(token).scope(async { cancellation() });
/// assert!(inside.await.unwrap().is_cancelled());
/// # });
/// # std::io::Result::Ok(())
/// ```
pub fn cancellation() -> Option<CancellationToken> {
    TOKEN.try_get().ok()
}

/// What a task takes over from the one that spawns it: named values, and nothing else.
///
/// A spawned task starts with no task-locals, no span, no deadline, no token. An `Inherit` holds those
/// that were current where it was made, and sets them in any future, or in every child of a
/// [`TaskGroup`](super::TaskGroup).
///
/// ```
/// use filch::task::{Inherit, TaskGroup};
/// filch::task_local! { static REQUEST: u64 }
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let children = REQUEST.scope(7, async {
///     let inherit = Inherit::nothing().local(&REQUEST);
///     let group = TaskGroup::new().inherit(inherit);
///     group.run(async |s| s.spawn(async { REQUEST.get() }).await.unwrap()).await
/// });
/// assert_eq!(children.await.unwrap(), 7);
/// # });
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
#[must_use = "it does nothing unless it is given to a group or a future"]
pub struct Inherit {
    parts: Vec<Arc<dyn Part>>,
    pub(super) deadline: Option<Instant>,
    pub(super) token: Option<CancellationToken>,
}

impl Inherit {
    /// Nothing yet.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// assert_eq!(filch::task::Inherit::nothing().scope(async { 1 }).await, 1);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn nothing() -> Self {
        Self { parts: Vec::new(), deadline: None, token: None }
    }

    /// The current [`deadline`] and [`cancellation`] token, where there are any, and with the
    /// feature `tracing` the current span.
    ///
    /// ```
    /// use filch::task::{Inherit, deadline};
    /// # use filch::time::{Duration, Instant};
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let soon = Instant::now() + Duration::from_secs(1);
    /// Inherit::nothing().deadline(soon).scope(async move {
    ///     let context = Inherit::current();
    ///     let child = filch::spawn(context.scope(async { deadline() }));
    ///     assert_eq!(child.await.unwrap(), Some(soon));
    /// }).await;
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn current() -> Self {
        let inherit = Self { parts: Vec::new(), deadline: deadline(), token: cancellation() };
        #[cfg(feature = "tracing")]
        let inherit = inherit.span(tracing::Span::current());
        inherit
    }

    /// The value that `key` has here, if it has one. Each task gets a clone of its own.
    ///
    /// ```
    /// filch::task_local! { static USER: &'static str }
    /// # use filch::task::Inherit;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let inherit = USER.sync_scope("Ada", || Inherit::nothing().local(&USER));
    /// let child = filch::spawn(inherit.scope(async { USER.get() }));
    /// assert_eq!(child.await.unwrap(), "Ada");
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn local<T: Clone + Send + Sync>(mut self, key: &'static LocalKey<T>) -> Self {
        if let Ok(value) = key.try_get() {
            self.parts.push(Arc::new(Value { key, value }));
        }
        self
    }

    /// A span, to be entered in every poll.
    ///
    /// ```
    /// # use filch::task::Inherit;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let inherit = Inherit::nothing().span(tracing::info_span!("request", id = 7));
    /// filch::spawn(inherit.scope(async { tracing::info!("inside the span") })).await.unwrap();
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    #[cfg(feature = "tracing")]
    pub fn span(mut self, span: tracing::Span) -> Self {
        self.parts.push(Arc::new(span));
        self
    }

    /// A deadline; the earlier one counts if there is one already. It stops nobody by itself:
    /// [`deadline`] tells it.
    ///
    /// ```
    /// # use filch::task::{Inherit, deadline};
    /// # use filch::time::{Duration, Instant};
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let (soon, late) = (Instant::now(), Instant::now() + Duration::from_secs(1));
    /// let inherit = Inherit::nothing().deadline(soon).deadline(late);
    /// assert_eq!(inherit.scope(async { deadline() }).await, Some(soon));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(self.deadline.map_or(deadline, |earlier| earlier.min(deadline)));
        self
    }

    /// A token in the place of the one that there is; [`cancellation`] tells it.
    ///
    /// ```
    /// # use filch::task::{Inherit, cancellation};
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// let inherit = Inherit::nothing().token(filch::sync::CancellationToken::new());
    /// assert!(inherit.scope(async { cancellation() }).await.is_some());
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub fn token(mut self, token: CancellationToken) -> Self {
        self.token = Some(token);
        self
    }

    /// Runs `future` with what this holds; it is dropped with it, too.
    ///
    /// ```
    /// # use filch::task::Inherit;
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// assert_eq!(Inherit::current().scope(async { 1 }).await, 1);
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Cancel safety
    /// That of `future`.
    pub fn scope<F: Future>(&self, future: F) -> Inherited<F> {
        let mut held: Vec<_> = self.parts.iter().map(|part| part.hold()).collect();
        if let Some(value) = self.deadline {
            held.push(Value { key: &DEADLINE, value }.hold());
        }
        if let Some(value) = self.token.clone() {
            held.push(Value { key: &TOKEN, value }.hold());
        }
        Inherited { held, future: Some(future) }
    }
}

impl fmt::Debug for Inherit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inherit")
            .field("deadline", &self.deadline)
            .field("token", &self.token)
            .field("others", &self.parts.len())
            .finish()
    }
}

/// Something to inherit, as the spawner has it.
trait Part: Send + Sync {
    /// For one task.
    fn hold(&self) -> Box<dyn Held>;
}

/// Something inherited, as a task has it.
trait Held: Send + Sync {
    /// Calls `f` with it.
    fn lend(&mut self, f: &mut dyn FnMut());

    /// The same for destructors, which go without it where it cannot be set.
    fn lend_if_possible(&mut self, f: &mut dyn FnMut()) {
        self.lend(f);
    }
}

struct Value<T: 'static> {
    key: &'static LocalKey<T>,
    value: T,
}

impl<T: Clone + Send + Sync> Part for Value<T> {
    fn hold(&self) -> Box<dyn Held> {
        Box::new(HeldValue { key: self.key, value: Some(self.value.clone()) })
    }
}

struct HeldValue<T: 'static> {
    key: &'static LocalKey<T>,
    value: Option<T>,
}

impl<T: Send + Sync> Held for HeldValue<T> {
    fn lend(&mut self, f: &mut dyn FnMut()) {
        self.key.lend(&mut self.value, f);
    }

    fn lend_if_possible(&mut self, f: &mut dyn FnMut()) {
        self.key.lend_if_possible(&mut self.value, f);
    }
}

#[cfg(feature = "tracing")]
impl Part for tracing::Span {
    fn hold(&self) -> Box<dyn Held> {
        Box::new(self.clone())
    }
}

#[cfg(feature = "tracing")]
impl Held for tracing::Span {
    fn lend(&mut self, f: &mut dyn FnMut()) {
        self.in_scope(f);
    }
}

/// Calls `f` with all of `held`.
fn lend_all(held: &mut [Box<dyn Held>], f: &mut dyn FnMut()) {
    match held.split_first_mut() {
        Some((first, rest)) => first.lend(&mut || lend_all(rest, f)),
        None => f(),
    }
}

/// The same for destructors.
fn lend_all_possible(held: &mut [Box<dyn Held>], f: &mut dyn FnMut()) {
    match held.split_first_mut() {
        Some((first, rest)) => first.lend_if_possible(&mut || lend_all_possible(rest, f)),
        None => f(),
    }
}

pin_project! {
    /// The future of [`Inherit::scope`].
    ///
    /// # Panics
    /// When it is polled again after it has ended.
    ///
    /// ```
    /// # filch::runtime::EventLoop::new()?.block_on(async {
    /// use filch::sync::CancellationToken;
    /// use filch::task::{self, Inherit};
    ///
    /// let token = CancellationToken::new();
    /// let inherited = Inherit::nothing().token(token.clone()).scope(async { task::cancellation() });
    /// token.cancel();
    /// assert!(inherited.await.is_some_and(|token| token.is_cancelled()));
    /// # });
    /// # std::io::Result::Ok(())
    /// ```
    pub struct Inherited<F> {
        held: Vec<Box<dyn Held>>,
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for Inherited<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.future.is_some() {
                lend_all_possible(this.held, &mut || this.future.set(None));
            }
        }
    }
}

impl<F: Future> Future for Inherited<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let mut polled = Poll::Pending;
        lend_all(this.held, &mut || {
            let future = this.future.as_mut().as_pin_mut().expect("polled after its end");
            polled = future.poll(cx);
            if polled.is_ready() {
                this.future.set(None);
            }
        });
        polled
    }
}

impl<F> fmt::Debug for Inherited<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inherited").finish_non_exhaustive()
    }
}
