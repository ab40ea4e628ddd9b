//! # Running a model, and seeing that it went where it claims to have been

use std::fmt;
// Not loom's, on purpose: it outlives the executions and must not be part of what is explored.
use std::sync::Arc;
#[expect(clippy::disallowed_types, reason = "outside what loom explores")]
use std::sync::Mutex;

/// Explores the executions of `model`, with as many preemptions as `LOOM_MAX_PREEMPTIONS` says; then
/// checks that each of `outcomes`, and nothing else, was noted in one of them at least. A race of which
/// only one ending was explored shows less than its name says.
///
/// # Panics
/// If an execution fails, or an outcome was never reached.
pub fn explore<const N: usize>(
    outcomes: [&'static str; N],
    model: impl Fn(&Outcomes) + Send + Sync + 'static,
) {
    explore_with(&loom::model::Builder::new(), outcomes, model);
}

/// As [`explore`], with `preemptions` at least: for protocols whose faults need more of them, and whose
/// models are small enough.
///
/// # Panics
/// As [`explore`].
pub fn explore_within<const N: usize>(
    preemptions: usize,
    outcomes: [&'static str; N],
    model: impl Fn(&Outcomes) + Send + Sync + 'static,
) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.map(|bound| bound.max(preemptions));
    explore_with(&builder, outcomes, model);
}

/// As [`explore`], with the bounds of `builder`.
///
/// # Panics
/// As [`explore`].
pub fn explore_with<const N: usize>(
    builder: &loom::model::Builder,
    outcomes: [&'static str; N],
    model: impl Fn(&Outcomes) + Send + Sync + 'static,
) {
    let noted = Outcomes(Arc::new(Mutex::new(Vec::new())));
    let theirs = noted.clone();
    builder.check(move || model(&theirs));
    let noted = noted.lock();
    for outcome in outcomes {
        assert!(noted.contains(&outcome), "never reached: {outcome}");
    }
    for outcome in &*noted {
        assert!(outcomes.contains(outcome), "not expected: {outcome}");
    }
}

/// What was reached; see [`explore`].
#[derive(Clone)]
pub struct Outcomes(
    #[expect(clippy::disallowed_types, reason = "outside what loom explores")]
    Arc<Mutex<Vec<&'static str>>>,
);

impl Outcomes {
    /// One execution ended so.
    pub fn note(&self, outcome: &'static str) {
        let mut noted = self.lock();
        if !noted.contains(&outcome) {
            noted.push(outcome);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<&'static str>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&*self.lock()).finish()
    }
}
