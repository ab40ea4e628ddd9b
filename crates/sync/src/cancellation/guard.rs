//! Guards that cancel a token when they are dropped.

use super::CancellationToken;

/// Cancels its token when it is dropped, unless it is [disarmed](Self::disarm). Made by
/// [`CancellationToken::drop_guard`].
///
/// ```
/// let token = filch_sync::CancellationToken::new();
/// let guard = token.clone().drop_guard();
/// drop(guard);
/// assert!(token.is_cancelled());
/// ```
#[derive(Debug)]
#[must_use = "the token is cancelled when this is dropped"]
pub struct DropGuard {
    /// `None` once disarmed.
    token: Option<CancellationToken>,
}

impl DropGuard {
    pub(super) fn new(token: CancellationToken) -> Self {
        Self { token: Some(token) }
    }

    /// Gives the token back, not cancelled.
    ///
    /// ```
    /// let guard = filch_sync::CancellationToken::new().drop_guard();
    /// assert!(!guard.disarm().is_cancelled());
    /// ```
    pub fn disarm(mut self) -> CancellationToken {
        self.token.take().expect("a guard is disarmed once: this takes it by value")
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(token) = &self.token {
            token.cancel();
        }
    }
}

/// Cancels the token that it borrows when it is dropped, unless it is [disarmed](Self::disarm). Made by
/// [`CancellationToken::drop_guard_ref`].
///
/// ```
/// let token = filch_sync::CancellationToken::new();
/// let guard = token.drop_guard_ref();
/// drop(guard);
/// assert!(token.is_cancelled());
/// ```
#[derive(Debug)]
#[must_use = "the token is cancelled when this is dropped"]
pub struct DropGuardRef<'a> {
    /// `None` once disarmed.
    token: Option<&'a CancellationToken>,
}

impl<'a> DropGuardRef<'a> {
    pub(super) fn new(token: &'a CancellationToken) -> Self {
        Self { token: Some(token) }
    }

    /// Gives the token back, not cancelled.
    ///
    /// ```
    /// let token = filch_sync::CancellationToken::new();
    /// let guard = token.drop_guard_ref();
    /// assert!(!guard.disarm().is_cancelled());
    /// ```
    pub fn disarm(mut self) -> &'a CancellationToken {
        self.token.take().expect("a guard is disarmed once: this takes it by value")
    }
}

impl Drop for DropGuardRef<'_> {
    fn drop(&mut self) {
        if let Some(token) = self.token {
            token.cancel();
        }
    }
}
