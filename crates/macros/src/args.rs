//! The arguments of the attributes.

use crate::entry::Entry;
use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, Ident, Lit, Path, Result, Token, parse_quote};

/// Which runtime to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavor {
    MultiThread,
    CurrentThread,
}

/// The runtime that an attribute asks for.
pub(crate) struct Args {
    pub(crate) flavor: Flavor,
    pub(crate) worker_threads: Option<usize>,
    pub(crate) start_paused: bool,
    /// Where the crate `filch` is.
    pub(crate) filch: Path,
}

impl Args {
    /// What no arguments ask for.
    pub(crate) fn default_for(entry: Entry) -> Self {
        let flavor = match entry {
            Entry::Main => Flavor::MultiThread,
            Entry::Test => Flavor::CurrentThread,
        };
        Self { flavor, worker_threads: None, start_paused: false, filch: parse_quote!(::filch) }
    }

    /// Reads `key = value, ...`. All mistakes are reported at once, each where it stands.
    pub(crate) fn parse(entry: Entry, tokens: TokenStream) -> Result<Self> {
        let mut args = Self::default_for(entry);
        let mut seen = Vec::<Ident>::new();
        let mut workers_span = None;
        let mut mistakes = Mistakes(None);

        for Setting { key, value } in settings(entry).parse2(tokens)? {
            if seen.contains(&key) {
                mistakes.add(Error::new(key.span(), format!("`{key}` is set twice")));
                continue;
            }
            let outcome = match key.to_string().as_str() {
                "flavor" => flavor(&value).map(|flavor| args.flavor = flavor),
                "worker_threads" => {
                    workers_span = Some(key.span());
                    worker_threads(&value).map(|workers| args.worker_threads = Some(workers))
                }
                "crate" => path(&value).map(|path| args.filch = path),
                "start_paused" => {
                    start_paused(&value).map(|start_paused| args.start_paused = start_paused)
                }
                _ => Err(Error::new(key.span(), format!("unknown argument `{key}`, {KNOWN}"))),
            };
            mistakes.check(outcome);
            seen.push(key);
        }
        if let (Some(span), Flavor::CurrentThread) = (workers_span, args.flavor) {
            mistakes.add(alone(entry, span));
        }
        mistakes.or(args)
    }
}

const KNOWN: &str = "expected one of `flavor`, `worker_threads`, `start_paused`, `crate`";

/// `key = value`.
struct Setting {
    key: Ident,
    value: Expr,
}

fn settings(entry: Entry) -> impl Parser<Output = Vec<Setting>> {
    move |input: ParseStream<'_>| {
        let mut settings = Vec::new();
        while !input.is_empty() {
            if !input.peek(Ident::peek_any) {
                return Err(input.error(format!("{KNOWN}, each with ` = ` and a value")));
            }
            let key = Ident::parse_any(input)?;
            if !input.peek(Token![=]) {
                return Err(Error::new(key.span(), no_value(entry, &key)));
            }
            input.parse::<Token![=]>()?;
            settings.push(Setting { key, value: input.parse()? });
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(settings)
    }
}

fn no_value(entry: Entry, key: &Ident) -> String {
    match key.to_string().as_str() {
        name @ ("multi_thread" | "current_thread") => {
            format!("write `#[{}(flavor = \"{name}\")]`", entry.path())
        }
        "flavor" | "worker_threads" | "crate" | "start_paused" => {
            format!("`{key}` needs a value: `{key} = ...`")
        }
        _ => format!("unknown argument `{key}`, {KNOWN}"),
    }
}

fn flavor(value: &Expr) -> Result<Flavor> {
    let expected = "expected \"multi_thread\" or \"current_thread\"";
    let Some(Lit::Str(name)) = literal(value) else {
        return Err(Error::new(value.span(), expected));
    };
    match name.value().as_str() {
        "multi_thread" => Ok(Flavor::MultiThread),
        "current_thread" => Ok(Flavor::CurrentThread),
        unknown => Err(Error::new(name.span(), format!("unknown flavor `{unknown}`, {expected}"))),
    }
}

fn worker_threads(value: &Expr) -> Result<usize> {
    let Some(Lit::Int(number)) = literal(value) else {
        return Err(Error::new(value.span(), "expected a number of threads, such as 4"));
    };
    match number.base10_parse::<usize>()? {
        0 => Err(Error::new(number.span(), "a runtime needs at least 1 worker thread")),
        workers => Ok(workers),
    }
}

fn start_paused(value: &Expr) -> Result<bool> {
    match literal(value) {
        Some(Lit::Bool(paused)) => Ok(paused.value),
        _ => Err(Error::new(value.span(), "expected `true` or `false`")),
    }
}

fn path(value: &Expr) -> Result<Path> {
    match (value, literal(value)) {
        (Expr::Path(path), _) => Ok(path.path.clone()),
        (_, Some(Lit::Str(path))) => path.parse_with(Path::parse_mod_style),
        _ => Err(Error::new(value.span(), "expected the path of the crate, such as \"::filch\"")),
    }
}

fn literal(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// Worker threads asked of a flavor that has none.
fn alone(entry: Entry, span: Span) -> Error {
    let path = entry.path();
    let message = format!(
        "the flavor \"current_thread\" has no worker threads; \
         for several write `#[{path}(flavor = \"multi_thread\", worker_threads = ...)]`"
    );
    Error::new(span, message)
}

/// Errors, collected.
struct Mistakes(Option<Error>);

impl Mistakes {
    fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    fn check(&mut self, outcome: Result<()>) {
        if let Err(error) = outcome {
            self.add(error);
        }
    }

    fn or<T>(self, value: T) -> Result<T> {
        self.0.map_or(Ok(value), Err)
    }
}
