//! How do I serve HTTPS, with rustls?
//!
//! As `http_server`, in TLS. A certificate for localhost is made at the start unless one is given; it is
//! signed by nobody but itself, so a client has to be shown it.
//!
//! ```sh
//! cargo run --release -p filch-examples --bin https_server -- --save-certificate /tmp/localhost.pem
//! curl --cacert /tmp/localhost.pem https://localhost:8443/
//! ```

use bytes::Bytes;
use clap::Parser;
use filch::fs;
use filch::io::compat::{FilchAsyncReadCompatExt, FuturesAsyncReadCompatExt};
use filch::time::{Duration, timeout};
use filch_examples::Failure;
use filch_examples::http::{self, http1, response};
use filch_examples::service::{Limits, listen, seconds, serve, stop_signal};
use futures_rustls::TlsAcceptor;
use futures_rustls::pki_types::pem::PemObject;
use futures_rustls::pki_types::{CertificateDer, PrivateKeyDer};
use futures_rustls::rustls::ServerConfig;
use futures_rustls::rustls::crypto::ring;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

/// An HTTPS server that says hello.
#[derive(Parser)]
struct Options {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    listen: String,

    /// The certificates to show, in PEM, the server's own first
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,

    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,

    /// Write the certificate that is made here to a file, for clients
    #[arg(long, value_name = "FILE", conflicts_with = "certificate")]
    save_certificate: Option<PathBuf>,

    /// How many seconds a client has for the handshake, and for the head of a request
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "10")]
    patience: Duration,

    #[command(flatten)]
    limits: Limits,
}

#[filch::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let (patience, limits) = (options.patience, options.limits.clone());
    let (certificates, key) = certificate(&options).await?;
    let stop = stop_signal()?;
    let listener = listen("https", &options.listen).await?;

    let tls = TlsAcceptor::from(Arc::new(tls_config(certificates, key)?));
    let http = http1(patience);
    serve(listener, &limits, stop, move |stream, _scope, stopping| {
        let (tls, http) = (tls.clone(), http.clone());
        async move {
            let handshake = timeout(patience, tls.accept(stream.compat()));
            let Some(stream) = stopping.run_until_cancelled(handshake).await else { return Ok(()) };
            http::serve(&http, stream??.compat(), service_fn(hello), stopping).await
        }
    })
    .await
}

async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let status = if request.uri().path() == "/" { StatusCode::OK } else { StatusCode::NOT_FOUND };
    Ok(response(status, "text/plain; charset=utf-8", "hello, unheard by others\n"))
}

fn tls_config(
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, Failure> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The certificates and the key that were given, or new ones.
async fn certificate(
    options: &Options,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Failure> {
    if let (Some(certificate), Some(key)) = (&options.certificate, &options.key) {
        let unusable = |file: &PathBuf, error: &dyn std::fmt::Display| {
            Failure::new(format!("{}: {error}", file.display()))
        };
        let pem = fs::read(certificate).await.map_err(|error| unusable(certificate, &error))?;
        let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>();
        let pem = fs::read(key).await.map_err(|error| unusable(key, &error))?;
        let private = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| unusable(key, &error))?;
        return Ok((certificates.map_err(|error| unusable(certificate, &error))?, private));
    }
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names)?;
    if let Some(file) = &options.save_certificate {
        fs::write(file, made.cert.pem()).await?;
    }
    Ok((vec![made.cert.der().clone()], made.signing_key.into()))
}
