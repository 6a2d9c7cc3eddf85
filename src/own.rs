//! Fields that a project declares itself, in `eql.toml`.

use std::marker::PhantomData;

use crate::field::{Field, Kind};

/// A field of a project's own `eql.toml`, as a zero-sized type.
///
/// Its path is in the type: up to 128 bytes of UTF-8, zero padded, 16 bytes a word, each word
/// little endian. So two crates that declare the same field mean the same type, and neither has to
/// export it. The macros of this crate write these types; `A` holds the first bytes of the path and
/// `H` the last.
///
/// ```
/// use eql::field::{Field, Long, Own};
///
/// const PATH: u128 = u128::from_le_bytes(*b"acme.score\0\0\0\0\0\0");
/// type Score = Own<PATH, 0, 0, 0, 0, 0, 0, 0, Long>;
/// assert_eq!(Score::PATH, "acme.score");
/// ```
#[derive(Debug)]
pub struct Own<
    const A: u128,
    const B: u128,
    const C: u128,
    const D: u128,
    const E: u128,
    const F: u128,
    const G: u128,
    const H: u128,
    K,
>(PhantomData<fn() -> K>);

const WORDS: usize = 8;
const BYTES: usize = WORDS * 16;

impl<
    const A: u128,
    const B: u128,
    const C: u128,
    const D: u128,
    const E: u128,
    const F: u128,
    const G: u128,
    const H: u128,
    K: Kind,
> Own<A, B, C, D, E, F, G, H, K>
{
    const PADDED: &'static [u8; BYTES] = &unpack([A, B, C, D, E, F, G, H]);
}

impl<
    const A: u128,
    const B: u128,
    const C: u128,
    const D: u128,
    const E: u128,
    const F: u128,
    const G: u128,
    const H: u128,
    K: Kind,
> Field for Own<A, B, C, D, E, F, G, H, K>
{
    const PATH: &'static str = unpad(Self::PADDED);
    type Kind = K;
}

const fn unpack(words: [u128; WORDS]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    let mut at = 0;
    while at < BYTES {
        bytes[at] = words[at / 16].to_le_bytes()[at % 16];
        at += 1;
    }
    bytes
}

const fn unpad(padded: &'static [u8; BYTES]) -> &'static str {
    let mut len = 0;
    while len < BYTES && padded[len] != 0 {
        len += 1;
    }
    match str::from_utf8(padded.split_at(len).0) {
        Ok(path) => path,
        Err(_) => panic!("the path of an own field is not UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{Keyword, Long};

    type Short =
        Own<{ u128::from_le_bytes(*b"a.b\0\0\0\0\0\0\0\0\0\0\0\0\0") }, 0, 0, 0, 0, 0, 0, 0, Long>;
    const FULL: u128 = u128::from_le_bytes([b'x'; 16]);
    type Longest = Own<FULL, FULL, FULL, FULL, FULL, FULL, FULL, FULL, Keyword>;

    #[test]
    fn path_is_decoded() {
        assert_eq!(Short::PATH, "a.b");
        assert_eq!(Longest::PATH, "x".repeat(128));
        assert_eq!(<Short as Field>::Kind::NAME, "long");
        assert_eq!(size_of::<Short>(), 0);
    }
}
