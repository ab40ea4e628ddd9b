//! Text that arrives in pieces.

use std::str;

/// Appends pieces of UTF-8 to a string; a piece may end in the middle of a character.
#[derive(Debug, Default)]
pub(crate) struct Utf8Pieces {
    /// The first bytes of a character whose last ones have not arrived.
    split: [u8; 4],
    split_len: usize,
    invalid: bool,
}

impl Utf8Pieces {
    /// Appends `piece` to `text`, up to the first thing that is not UTF-8.
    pub(crate) fn push(&mut self, mut piece: &[u8], text: &mut String) {
        while !self.invalid && self.split_len > 0 {
            let Some((&byte, rest)) = piece.split_first() else {
                return;
            };
            piece = rest;
            self.split[self.split_len] = byte;
            self.split_len += 1;
            match str::from_utf8(&self.split[..self.split_len]) {
                Ok(character) => {
                    text.push_str(character);
                    self.split_len = 0;
                }
                Err(error) => self.invalid = error.error_len().is_some(),
            }
        }
        if self.invalid {
            return;
        }
        let error = match str::from_utf8(piece) {
            Ok(valid) => return text.push_str(valid),
            Err(error) => error,
        };
        let (valid, rest) = piece.split_at(error.valid_up_to());
        text.push_str(str::from_utf8(valid).expect("the part found valid a moment ago"));
        if error.error_len().is_some() {
            self.invalid = true;
        } else {
            self.split[..rest.len()].copy_from_slice(rest);
            self.split_len = rest.len();
        }
    }

    /// Whether all that was pushed was whole characters; begins anew.
    pub(crate) fn finish(&mut self) -> bool {
        let pieces = std::mem::take(self);
        !pieces.invalid && pieces.split_len == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Utf8Pieces;

    const TEXT: &str = "a é € 🦀 z";

    #[test]
    fn every_cut_gives_the_same_text() {
        for cut in 0..=TEXT.len() {
            let (mut pieces, mut text) = (Utf8Pieces::default(), String::new());
            pieces.push(&TEXT.as_bytes()[..cut], &mut text);
            pieces.push(&TEXT.as_bytes()[cut..], &mut text);
            assert!(pieces.finish());
            assert_eq!(text, TEXT, "cut at {cut}");
        }
    }

    #[test]
    fn byte_by_byte_gives_the_same_text() {
        let (mut pieces, mut text) = (Utf8Pieces::default(), String::new());
        for byte in TEXT.bytes() {
            pieces.push(&[byte], &mut text);
        }
        assert!(pieces.finish());
        assert_eq!(text, TEXT);
    }

    #[test]
    fn what_is_not_utf8_is_noticed_wherever_it_is_cut() {
        let bytes = b"ab\xe2\x28\xa1cd";
        for cut in 0..=bytes.len() {
            let (mut pieces, mut text) = (Utf8Pieces::default(), String::new());
            pieces.push(&bytes[..cut], &mut text);
            pieces.push(&bytes[cut..], &mut text);
            assert!(!pieces.finish(), "cut at {cut}");
            assert_eq!(text, "ab");
        }
    }

    #[test]
    fn a_character_that_never_ends_is_invalid_and_the_next_text_is_not() {
        let (mut pieces, mut text) = (Utf8Pieces::default(), String::new());
        pieces.push(b"x\xf0\x9f", &mut text);
        assert!(!pieces.finish());
        pieces.push(b"y", &mut text);
        assert!(pieces.finish());
        assert_eq!(text, "xy");
    }
}
