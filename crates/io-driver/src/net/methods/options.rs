//! Socket options.

/// Pairs of a getter and a setter: their names, the type, a value for the examples, what it is, and the
/// methods of socket2 behind them. The type has a method `socket`; `$name` is what its
/// examples call it.
macro_rules! options {
    ($example:ident, $name:literal; $(
        $(#[$condition:meta])?
        $get:ident, $set:ident: $type:ty = $value:literal, $what:literal, $inner_get:ident, $inner_set:ident;
    )*) => {$(
        #[doc = concat!("Tells ", $what, ".")]
        ///
        /// # Errors
        /// What the operating system says.
        ///
        /// ```
        #[doc = $example!()]
        #[doc = concat!($name, ".", stringify!($set), "(", stringify!($value), ")?;")]
        #[doc = concat!("assert_eq!(", $name, ".", stringify!($get), "()?, ", stringify!($value), ");")]
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        $(#[$condition])?
        pub fn $get(&self) -> std::io::Result<$type> {
            self.socket().$inner_get()
        }

        #[doc = concat!("Sets ", $what, ".")]
        ///
        /// # Errors
        /// What the operating system says.
        ///
        /// ```
        #[doc = $example!()]
        #[doc = concat!($name, ".", stringify!($set), "(", stringify!($value), ")?;")]
        #[doc = concat!("assert_eq!(", $name, ".", stringify!($get), "()?, ", stringify!($value), ");")]
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        $(#[$condition])?
        pub fn $set(&self, value: $type) -> std::io::Result<()> {
            self.socket().$inner_set(value)
        }
    )*};
}
pub(in crate::net) use options;
