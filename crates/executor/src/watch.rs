//! # Watch: while any worker is awake the sentinel is on duty, and while none is it sleeps
//!
//! ## Layout
//! One flag: whether the sentinel is on duty. Who is awake is for the caller to know; in here it is asked for
//! by a closure.
//!
//! ## Roles
//! * worker: any thread that has just counted itself as awake: `call_out`.
//! * sentinel: one thread, `stand_down`.
//!
//! ## States
//! Off duty: it sleeps with no alarm set. On duty: an alarm is set, or it is awake and will set one.
//!
//! ## Transitions
//! 1. `call_out`: off -> on; whoever gets `true` sets the alarm.
//! 2. `stand_down`: on -> off, unless somebody is awake by then.
//!
//! ## Invariants
//! * I1: while a worker is awake that has come through `call_out`, the sentinel is on duty; model
//!   `a_worker_wakes_while_the_sentinel_stands_down`.
//! * I2: of those who find it off duty, one sets the alarm, the sentinel itself included; the same model.
//!
//! ## Ordering
//! | operation | ordering | pairs with | what breaks without it |
//! |---|---|---|---|
//! | fence in `call_out` | SeqCst | fence in `stand_down` | the worker finds it on duty, it finds no worker awake, and sleeps (I1) |
//! | fence in `stand_down` | SeqCst | fence in `call_out` | the same |
//!
//! ## Liveness
//! The worker writes that it is awake, fences, reads the flag; the sentinel clears the flag, fences, asks who is
//! awake. Whichever fence is second, its thread sees what the other has written.
//!
//! ## Rejected
//! To wake the sentinel whenever the last worker gets up: a system call, and a switch to another thread, in the
//! way of each message to an idle runtime. An alarm that every worker sets when it gets up and takes back when it
//! lies down: two system calls each time, where this costs one in ten milliseconds.
//!
//! ## Checked by
//! `loom-tests/tests/watch.rs`: `a_worker_wakes_while_the_sentinel_stands_down`, `two_workers_wake`.

use filch_primitives::atomic::{AtomicBool, Ordering, fence};

/// See the head of this file.
#[derive(Debug)]
pub struct Watch {
    on_duty: AtomicBool,
}

impl Watch {
    /// Off duty.
    pub fn new() -> Self {
        Self { on_duty: AtomicBool::new(false) }
    }

    /// To be called by a worker that has just counted itself as awake: whether it has to set the alarm.
    #[inline]
    #[must_use = "if it is true, the alarm has to be set"]
    pub fn call_out(&self) -> bool {
        // Ordering: SeqCst fence; pairs with the one in `stand_down` (I1). Without it: model
        // `a_worker_wakes_while_the_sentinel_stands_down`.
        fence(Ordering::SeqCst);
        // Ordering: Relaxed, both; the fence orders the look, and the exchange names one caller.
        !self.on_duty.load(Ordering::Relaxed) && !self.on_duty.swap(true, Ordering::Relaxed)
    }

    /// Whether the sentinel is on duty, a moment ago.
    pub fn is_on_duty(&self) -> bool {
        // Ordering: Relaxed; a hint: who sleeps off duty is woken by the alarm.
        self.on_duty.load(Ordering::Relaxed)
    }

    /// To be called by the sentinel when it finds nobody awake: `true` if it may sleep without an alarm. Otherwise
    /// it stays on duty.
    #[must_use = "if it is false, the alarm has to be set"]
    pub fn stand_down(&self, is_anyone_awake: impl FnOnce() -> bool) -> bool {
        // Ordering: Relaxed; the fence orders it before the question.
        self.on_duty.store(false, Ordering::Relaxed);
        // Ordering: SeqCst fence; pairs with the one in `call_out` (I1). Without it: model
        // `a_worker_wakes_while_the_sentinel_stands_down`.
        fence(Ordering::SeqCst);
        // Ordering: Relaxed; the exchange names the one who sets the alarm (I2).
        !is_anyone_awake() || self.on_duty.swap(true, Ordering::Relaxed)
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(filch_loom)))]
mod tests {
    use super::*;

    #[test]
    fn one_of_those_who_call_it_out_sets_the_alarm() {
        let watch = Watch::new();
        assert!(watch.call_out());
        assert!(!watch.call_out());
        assert!(!watch.stand_down(|| true), "somebody is awake");
        assert!(watch.is_on_duty());
        assert!(watch.stand_down(|| false));
        assert!(watch.call_out());
    }
}
