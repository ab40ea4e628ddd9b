//! Which slots of a level hold something: one bit per slot, and one bit per word of bits.

/// A set of small numbers that finds its first member from a given one in two steps.
#[derive(Debug)]
pub(crate) struct Bitmap {
    /// Bit `w` is set while `words[w]` is not zero.
    summary: u64,
    words: Box<[u64]>,
}

impl Bitmap {
    /// An empty set of numbers below `bits`, at most 4096.
    pub(crate) fn new(bits: usize) -> Self {
        debug_assert!(bits <= 64 * 64, "one summary word covers 64 words");
        Self { summary: 0, words: vec![0; bits.div_ceil(64)].into() }
    }

    #[inline]
    pub(crate) fn set(&mut self, bit: usize) {
        self.words[bit / 64] |= 1 << (bit % 64);
        self.summary |= 1 << (bit / 64);
    }

    #[inline]
    pub(crate) fn clear(&mut self, bit: usize) {
        let word = &mut self.words[bit / 64];
        *word &= !(1 << (bit % 64));
        if *word == 0 {
            self.summary &= !(1 << (bit / 64));
        }
    }

    /// The smallest member that is at least `bit`.
    #[inline]
    pub(crate) fn first_from(&self, bit: usize) -> Option<usize> {
        let word = bit / 64;
        let here = self.words[word] & (u64::MAX << (bit % 64));
        if here != 0 {
            return Some(word * 64 + here.trailing_zeros() as usize);
        }
        // Two shifts: the words after the 64th are none, and a shift by 64 would overflow.
        let later = self.summary & (u64::MAX << word << 1);
        if later == 0 {
            return None;
        }
        let word = later.trailing_zeros() as usize;
        Some(word * 64 + self.words[word].trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::Bitmap;

    #[test]
    fn finds_the_first_member_across_words() {
        for bits in [1, 2, 64, 65, 1024, 4096] {
            for member in 0..bits {
                let mut set = Bitmap::new(bits);
                assert_eq!(set.first_from(0), None);
                set.set(member);
                for from in [0, member / 2, member] {
                    assert_eq!(set.first_from(from), Some(member));
                }
                if member + 1 < bits {
                    assert_eq!(set.first_from(member + 1), None);
                }
                set.clear(member);
                assert_eq!(set.first_from(0), None);
            }
        }
    }
}
