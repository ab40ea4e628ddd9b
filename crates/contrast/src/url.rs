//! What the *fan-out* row may ask for: `http://` addresses.

use std::fmt;
use std::str::FromStr;

use ::http::Uri;

/// An `http://` address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    text: String,
    /// The host, as it is connected to.
    pub host: String,
    /// The port; 80 where none is named.
    pub port: u16,
    /// Host and port as the address has them, for the field `Host`.
    pub authority: String,
    /// Path and query.
    pub target: String,
}

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri =
            text.parse().map_err(|error| format!("{text} is not an address: {error}"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(format!(
                    "{text}: this program speaks plain HTTP only (expected: http://...)"
                ));
            }
            _ => return Err(format!("{text} is not an address (expected: http://...)")),
        }
        let authority = uri.authority().ok_or_else(|| format!("{text} names no host"))?;
        if authority.as_str().contains('@') {
            return Err(format!("{text}: a name and password are not sent"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        Ok(Self {
            text: text.to_owned(),
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or(80),
            authority: authority.to_string(),
            target: uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl serde::Serialize for Url {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Reads a list of addresses, one on a line; empty lines and what follows a `#` at a line's beginning are left out.
///
/// # Errors
/// The first address that is none, with its line.
pub fn list(text: &str) -> Result<Vec<Url>, String> {
    text.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| line.parse().map_err(|reason| format!("line {number}: {reason}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, u16, String) {
        let url: Url = text.parse().expect("is an address");
        (url.host, url.port, url.target)
    }

    #[test]
    fn an_address_has_a_host_a_port_and_a_target() {
        assert_eq!(parts("http://example.org"), ("example.org".into(), 80, "/".into()));
        assert_eq!(parts("http://[::1]:8080/a?b=c"), ("::1".into(), 8080, "/a?b=c".into()));
    }

    #[test]
    fn what_cannot_be_asked_for_is_refused_with_the_reason() {
        for (text, reason) in [
            ("https://example.org/", "plain HTTP only"),
            ("ftp://example.org/", "expected: http://"),
            ("example.org", "expected: http://"),
            ("http://me:secret@example.org/", "password"),
            ("http://", "not an address"),
        ] {
            let refused = text.parse::<Url>().expect_err("is refused");
            assert!(refused.contains(reason), "{refused}");
        }
    }

    #[test]
    fn a_list_has_an_address_on_each_line_and_names_the_line_that_has_none() {
        let listed = list("# mine\nhttp://a/\n\n  http://b/x \n").expect("is a list");
        assert_eq!(
            listed.iter().map(Url::to_string).collect::<Vec<_>>(),
            ["http://a/", "http://b/x"]
        );
        assert!(list("http://a/\nnonsense\n").expect_err("is none").starts_with("line 2: "));
    }
}
