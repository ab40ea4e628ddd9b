//! `const` constructors, where the atomics below them allow it: the model checker's do not.

#[cfg(not(filch_loom))]
macro_rules! const_fn {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        $(#[$meta])*
        $vis const fn $($rest)*
    };
}

#[cfg(filch_loom)]
macro_rules! const_fn {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        $(#[$meta])*
        $vis fn $($rest)*
    };
}

pub(crate) use const_fn;
