//! # Driving a group to its end: body, children, time
//!
//! ```text
//!            body ended, no child left
//!   Open ---------------------------------------------> ended
//!    | failure, deadline, cancel                          ^ ^
//!    v                 the same                           | |
//!   Asked ------------------------------------------------' |
//!    | the grace period is over                             |
//!    v                 no child left, or patience is over   |
//!   Forced -------------------------------------------------'
//! ```
//!
//! The arrows down are in `shared.rs`, because children take them too; here is who waits for them.

use super::error::{Cause, ScopeError, StopReport};
use super::shared::{Phase, Shared};
use crate::task::TaskInfo;
use crate::time::{Duration, Sleep, sleep, sleep_until};
use filch_sync::WaitForCancellationFutureOwned;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// How long a group with a deadline waits for children that it has dropped, unless it is chosen.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs `body`, if there is one, and waits for the children of the group. `value` is the result where
/// no body has another.
pub(super) async fn drive<T, E, B>(
    shared: &Shared<E>,
    value: Option<T>,
    body: Option<B>,
) -> Result<(T, StopReport), ScopeError<E>>
where
    B: Future<Output = Result<T, E>>,
{
    let mut body = pin!(body);
    let mut drive = Drive {
        shared,
        value,
        body_panic: None,
        seen: Phase::Open,
        timer: shared.deadline().map(|deadline| Box::pin(sleep_until(deadline))),
        parent: shared.parent_token().map(|token| Box::pin(token.clone().cancelled_owned())),
    };
    let left = std::future::poll_fn(|cx| drive.poll(body.as_mut(), cx)).await;
    drive.result(if left { shared.live() } else { Vec::new() })
}

struct Drive<'a, T, E> {
    shared: &'a Shared<E>,
    /// What the body returned.
    value: Option<T>,
    body_panic: Option<Box<dyn Any + Send>>,
    /// The phase that `timer` belongs to.
    seen: Phase,
    /// The deadline, the end of the grace period, the end of patience.
    timer: Option<Pin<Box<Sleep>>>,
    parent: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl<T, E> Drive<'_, T, E> {
    /// Ready when the group has ended; `true` if children are left behind.
    fn poll<B>(&mut self, mut body: Pin<&mut Option<B>>, cx: &mut Context<'_>) -> Poll<bool>
    where
        B: Future<Output = Result<T, E>>,
    {
        let mut look = false;
        loop {
            // First, so that the last child, and whoever changes the phase, wakes us. Who changes it rings the tally's bell:
            // while our waker is in place, it is the phase that we have seen.
            look |= self.shared.tally.register(cx.waker());
            if std::mem::take(&mut look) {
                let phase = self.shared.phase();
                if phase != self.seen {
                    self.enter(phase, body.as_mut());
                    continue;
                }
            }
            if self.seen < Phase::Forced {
                self.poll_body(body.as_mut(), cx);
            }
            if body.is_none() && self.shared.tally.try_close() {
                return Poll::Ready(false);
            }
            let is_over = |timer: &mut Pin<Box<Sleep>>| timer.as_mut().poll(cx).is_ready();
            if self.timer.as_mut().is_some_and(is_over) {
                look = true;
                // The body may have changed it just now, before time was over.
                if self.shared.phase() != self.seen {
                    continue;
                }
                self.timer = None;
                match self.seen {
                    Phase::Open => self.shared.fail(Cause::Deadline),
                    Phase::Asked => self.shared.force(),
                    Phase::Forced => return Poll::Ready(true),
                }
                continue;
            }
            if let Some(parent) = &mut self.parent {
                if parent.as_mut().poll(cx).is_ready() {
                    self.parent = None;
                    self.shared.ask();
                    continue;
                }
            }
            return Poll::Pending;
        }
    }

    /// The group has come to another phase.
    fn enter<B>(&mut self, phase: Phase, mut body: Pin<&mut Option<B>>) {
        self.seen = phase;
        let options = &self.shared.options;
        let wait = match phase {
            Phase::Open => None,
            // Without a grace period whoever asked forces at once, and rings again.
            Phase::Asked => Some(options.grace).filter(|grace| !grace.is_zero()),
            Phase::Forced => {
                let dropped = catch_unwind(AssertUnwindSafe(|| body.set(None)));
                self.keep_panic(dropped);
                let has_deadline = self.shared.deadline().is_some();
                options.patience.or(has_deadline.then_some(PATIENCE))
            }
        };
        self.timer = wait.map(|wait| Box::pin(sleep(wait)));
    }

    fn poll_body<B>(&mut self, mut body: Pin<&mut Option<B>>, cx: &mut Context<'_>)
    where
        B: Future<Output = Result<T, E>>,
    {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let Some(running) = body.as_mut().as_pin_mut() else { return Poll::Pending };
            let polled = running.poll(cx);
            if polled.is_ready() {
                body.set(None);
            }
            polled
        }));
        match polled {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(Ok(value))) => self.value = Some(value),
            Ok(Poll::Ready(Err(error))) => self.shared.fail(Cause::Failed(error, None)),
            Err(payload) => {
                self.keep_panic(Err(payload));
                let dropped = catch_unwind(AssertUnwindSafe(|| body.set(None)));
                self.keep_panic(dropped);
                self.shared.ask();
            }
        }
    }

    /// A panic of the body waits until the children have ended, and then goes on.
    fn keep_panic(&mut self, result: Result<(), Box<dyn Any + Send>>) {
        if let Err(payload) = result {
            self.body_panic.get_or_insert(payload);
        }
    }

    fn result(self, left: Vec<TaskInfo>) -> Result<(T, StopReport), ScopeError<E>> {
        if let Some(payload) = self.body_panic {
            resume_unwind(payload);
        }
        let (cause, later) = self.shared.take_cause();
        let report = StopReport { forced: self.shared.take_forced(&left), left };
        match (cause, self.value) {
            (None, Some(value)) if report.left.is_empty() => Ok((value, report)),
            (cause, _) => {
                let cause = cause.unwrap_or(Cause::Cancelled);
                Err(ScopeError { cause, later, report })
            }
        }
    }
}
