//! As much of JavaScript's promises as the articles' programs need, on a oneshot channel and tasks.

use std::fmt;

use filch::sync::oneshot;
use filch::task::JoinHandle;

use super::script::Script;

/// A value that may be there later, or an error instead.
#[derive(Debug)]
pub struct Promise<T>(oneshot::Receiver<Result<T, String>>);

/// The two functions that `new Promise((resolve, reject) => ...)` hands out: whichever is called first settles it.
#[derive(Debug)]
pub struct Settle<T>(oneshot::Sender<Result<T, String>>);

impl<T: Send + 'static> Promise<T> {
    /// `new Promise(executor)`: the executor runs at once.
    pub fn new(executor: impl FnOnce(Settle<T>)) -> Self {
        let (sender, receiver) = oneshot::channel();
        executor(Settle(sender));
        Self(receiver)
    }

    /// `.then(fulfilled).catch(rejected)`: one of the two callbacks runs in a task of its own when the promise settles.
    pub fn then_catch(
        self,
        script: &Script,
        fulfilled: impl FnOnce(T) + Send + 'static,
        rejected: impl FnOnce(String) + Send + 'static,
    ) -> JoinHandle<()> {
        script.spawn(async move {
            match self.0.await {
                Ok(Ok(value)) => fulfilled(value),
                Ok(Err(error)) => rejected(error),
                // Nobody can settle it any more. In JavaScript it would stay pending for ever.
                Err(_) => {}
            }
        })
    }
}

impl<T> Settle<T> {
    /// Marks success.
    pub fn resolve(self, value: T) {
        // Nobody listens any more when this fails, which JavaScript allows too.
        let _ = self.0.send(Ok(value));
    }

    /// Marks failure.
    pub fn reject(self, error: impl Into<String>) {
        let _ = self.0.send(Err(error.into()));
    }
}

impl<T> fmt::Display for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[object Promise]")
    }
}

/// `setTimeout`: runs `callback` after `seconds`, without anybody waiting for it.
pub fn set_timeout(script: &Script, seconds: f64, callback: impl FnOnce() + Send + 'static) {
    let timer = script.clone();
    let task = script.spawn(async move {
        timer.sleep(seconds).await;
        callback();
    });
    drop(task); // It goes on without its handle.
}
