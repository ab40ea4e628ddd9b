//! # Why a promise was rejected

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why a promise was rejected.
///
/// ```
/// use filch::promise::{Promise, Rejection};
///
/// # filch::runtime::EventLoop::new()?.block_on(async {
/// let promise = Promise::<u32, &str>::reject("no milk");
/// assert_eq!(promise.clone().await, Err(Rejection::Error("no milk")));
/// let broken = promise.catch(|_| 1).then(|_| -> u32 { panic!("no bread") });
/// assert_eq!(broken.await, Err(Rejection::Panicked("no bread".into())));
/// # });
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection<E> {
    /// With this error.
    Error(E),
    /// What was to settle it panicked, with this message.
    Panicked(Arc<str>),
    /// Nobody can settle it any more: its resolvers are gone, or the runtime that it ran on.
    Abandoned,
}

impl<E> Rejection<E> {
    pub(super) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self::Panicked(text.unwrap_or("a payload that is no text").into())
    }

    /// The error that it was rejected with, if it was that.
    ///
    /// ```
    /// use filch::promise::Rejection;
    ///
    /// assert_eq!(Rejection::Error("no milk").error(), Some(&"no milk"));
    /// assert_eq!(Rejection::<&str>::Abandoned.error(), None);
    /// ```
    pub fn error(&self) -> Option<&E> {
        match self {
            Self::Error(error) => Some(error),
            _ => None,
        }
    }
}

impl<E> From<E> for Rejection<E> {
    fn from(error: E) -> Self {
        Self::Error(error)
    }
}

impl<E: fmt::Display> fmt::Display for Rejection<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Panicked(message) => {
                write!(f, "what was to settle the promise panicked: {message}")
            }
            Self::Abandoned => f.write_str("nobody can settle the promise any more"),
        }
    }
}

impl<E: Error + 'static> Error for Rejection<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error().map(|error| error as _)
    }
}
