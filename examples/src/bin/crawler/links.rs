//! The links of a page.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Token, Tokenizer};

/// Where a page leads to: its links, images, scripts, styles and frames, as they are written there.
pub fn links(html: &[u8]) -> Vec<String> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true); // what looks like a tag inside a script is none
    let mut links = Vec::new();
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(Token::StartTag(tag)) = token else { continue };
        let attribute: &[u8] = match tag.name.as_slice() {
            b"a" | b"area" | b"link" => b"href",
            b"audio" | b"iframe" | b"img" | b"script" | b"source" | b"video" => b"src",
            _ => continue,
        };
        if let Some(link) = tag.attributes.get(attribute) {
            links.push(String::from_utf8_lossy(link).into_owned());
        }
    }
    links
}
