//! Which signal.

use rustix::process::Signal;

/// Which signal to listen to.
///
/// ```
/// use filch_signal::unix::SignalKind;
///
/// let number = rustix::process::Signal::TERM.as_raw();
/// assert_eq!(SignalKind::terminate(), SignalKind::from_raw(number));
/// assert_eq!(SignalKind::terminate().as_raw_value(), number);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SignalKind(i32);

/// One constructor for each well-known signal.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $signal:ident;)*) => {
        $(
            $(#[$doc])*
            ///
            /// ```
            #[doc = concat!("let kind = filch_signal::unix::SignalKind::", stringify!($name), "();")]
            #[doc = concat!("assert_eq!(kind.as_raw_value(), rustix::process::Signal::",
                            stringify!($signal), ".as_raw());")]
            /// ```
            pub const fn $name() -> Self {
                Self(Signal::$signal.as_raw())
            }
        )*
    };
}

impl SignalKind {
    /// The signal that has this number on this platform.
    ///
    /// ```
    /// let kind = filch_signal::unix::SignalKind::from_raw(15);
    /// assert_eq!(kind.as_raw_value(), 15);
    /// ```
    pub const fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// Its number on this platform.
    ///
    /// ```
    /// assert_eq!(filch_signal::unix::SignalKind::from_raw(15).as_raw_value(), 15);
    /// ```
    pub const fn as_raw_value(&self) -> i32 {
        self.0
    }

    kinds! {
        /// `SIGALRM`: a timer of the operating system went off. Ends the process unless listened to.
        alarm: ALARM;
        /// `SIGCHLD`: a child has ended, stopped or gone on.
        child: CHILD;
        /// `SIGHUP`: the terminal is gone; for a service, a wish that it read its configuration again.
        /// Ends the process unless listened to.
        hangup: HUP;
        /// `SIGINT`: Ctrl-C. Ends the process unless listened to.
        interrupt: INT;
        /// `SIGIO`: a descriptor is ready. Ends the process, on Linux, unless listened to.
        io: IO;
        /// `SIGPIPE`: something was written that nobody can read. Programs in Rust ignore it.
        pipe: PIPE;
        /// `SIGQUIT`: Ctrl-\. Ends the process unless listened to, and leaves its memory in a file.
        quit: QUIT;
        /// `SIGTERM`: the process is to end, and may end cleanly. Ends it unless listened to.
        terminate: TERM;
        /// `SIGUSR1`: means what the program says. Ends the process unless listened to.
        user_defined1: USR1;
        /// `SIGUSR2`: means what the program says. Ends the process unless listened to.
        user_defined2: USR2;
        /// `SIGWINCH`: the window of the terminal has another size.
        window_change: WINCH;
    }
}

impl From<i32> for SignalKind {
    fn from(number: i32) -> Self {
        Self::from_raw(number)
    }
}

impl From<SignalKind> for i32 {
    fn from(kind: SignalKind) -> Self {
        kind.as_raw_value()
    }
}
