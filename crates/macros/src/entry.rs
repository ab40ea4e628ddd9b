//! From an `async fn` to one that builds a runtime.

use crate::args::{Args, Flavor};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Block, Error, Ident, ItemFn, Meta, Signature};

/// Which attribute it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Main,
    Test,
}

impl Entry {
    /// As users write it.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Main => "filch::main",
            Self::Test => "filch::test",
        }
    }
}

/// The function that takes the place of `item`, and what is wrong with it.
pub(crate) fn expand(entry: Entry, args: TokenStream, item: TokenStream) -> TokenStream {
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        let message = format!("#[{}] stands on an `async fn`, and this is none", entry.path());
        let error = Error::new(first_span(&item), message).into_compile_error();
        return quote!(#error #item);
    };
    let (args, error) = match Args::parse(entry, args) {
        Ok(args) => (args, None),
        // The function is still built, so that its own mistakes are reported too, and so that an
        // editor understands its body.
        Err(error) => (Args::default_for(entry), Some(error)),
    };
    let errors = error.into_iter().chain(signature_errors(entry, &function));
    let errors: TokenStream = errors.map(Error::into_compile_error).collect();
    if function.sig.asyncness.is_none() {
        return quote!(#errors #function);
    }
    let function = blocking(entry, &args, function);
    quote!(#errors #function)
}

fn first_span(tokens: &TokenStream) -> Span {
    tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

fn signature_errors(entry: Entry, function: &ItemFn) -> Option<Error> {
    let sig = &function.sig;
    if sig.asyncness.is_none() {
        let message = format!("#[{}] needs an `async fn`: write `async` before `fn`", entry.path());
        return Some(Error::new(sig.fn_token.span, message));
    }
    if entry == Entry::Main && sig.ident == "main" && !sig.inputs.is_empty() {
        let message = "`main` takes no arguments; the program's are in `std::env::args()`";
        return Some(Error::new_spanned(&sig.inputs, message));
    }
    let is_test = |meta: &Meta| matches!(meta, Meta::Path(path) if path.is_ident("test"));
    let second = function.attrs.iter().find(|attr| entry == Entry::Test && is_test(&attr.meta))?;
    Some(Error::new_spanned(
        second,
        "#[filch::test] adds #[test] itself: with both it would run twice",
    ))
}

/// The same function without `async`: it builds the runtime and blocks on the body.
fn blocking(entry: Entry, args: &Args, function: ItemFn) -> TokenStream {
    let ItemFn { attrs, vis, mut sig, block } = function;
    sig.asyncness = None;

    let filch = &args.filch;
    let (constructor, build) = match args.flavor {
        Flavor::MultiThread => (quote!(new_multi_thread), quote!(build)),
        Flavor::CurrentThread => (quote!(new_current_thread), quote!(build_event_loop)),
    };
    let workers = args.worker_threads.map(|workers| quote!(.worker_threads(#workers)));
    let paused = args.start_paused.then(|| quote!(.start_paused(true)));
    let test = (entry == Entry::Test).then(|| quote!(#[::core::prelude::v1::test]));

    // Names of our own, which the body cannot see.
    let name = |name| Ident::new(name, Span::mixed_site());
    let (runtime, future) = (name("runtime"), name("future"));
    let (body, future_from_body) = if needs_surroundings(&sig, &block) {
        (None, quote!(async #block))
    } else {
        // A function says what it returns, so that `?` and the last expression are checked, and
        // coerced, where they stand. Unlike a variable it can be seen: hence its name.
        let body = Ident::new("__filch_body", Span::call_site());
        let output = &sig.output;
        (Some(quote!(async fn #body() #output #block)), quote!(#body()))
    };
    quote! {
        #(#attrs)*
        #test
        #vis #sig {
            #body
            let #future = #future_from_body;
            #[allow(clippy::expect_used, reason = "there is nobody to hand the error to")]
            let #runtime = #filch::runtime::Builder::#constructor()
                #workers
                #paused
                .enable_all()
                .#build()
                .expect("no Filch runtime could be started");
            #runtime.block_on(#future)
        }
    }
}

/// Whether the body uses what a function within the function could not: arguments, generics, `Self`.
fn needs_surroundings(sig: &Signature, block: &Block) -> bool {
    fn says_self(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Group(group) => says_self(group.stream()),
            TokenTree::Ident(ident) => ident == "Self",
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    !sig.inputs.is_empty()
        || !sig.generics.params.is_empty()
        || says_self(sig.output.to_token_stream())
        || says_self(block.to_token_stream())
}

#[cfg(test)]
#[path = "entry_tests.rs"]
mod tests;
