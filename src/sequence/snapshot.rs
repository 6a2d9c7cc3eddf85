//! Saved state: bytes that a machine writes and reads back, also in another process.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use siphasher::sip::SipHasher24;

use crate::key::KeyHash;

/// What a machine keeps of an event, as far as snapshots go.
pub trait Payload: Sized {
    /// Appends the event to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads what [`encode`](Self::encode) appended, no less and no more; `None` where it is not that.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

impl Payload for () {
    fn encode(&self, _out: &mut Vec<u8>) {}

    fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.is_empty().then_some(())
    }
}

impl Payload for u64 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.to_le_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_le_bytes)
    }
}

impl Payload for Vec<u8> {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(bytes.to_vec())
    }
}

impl Payload for String {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok().map(Self::from)
    }
}

/// An event in several sequences is written once for each, and is no longer shared when read back.
impl<T: Payload> Payload for Arc<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        T::encode(self, out);
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        T::decode(bytes).map(Self::new)
    }
}

/// Why a snapshot cannot be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreError {
    /// The bytes do not start as a snapshot of this kind of machine does.
    NotASnapshot,
    /// Written by another version of this crate, in a format that this one does not read.
    Version(u8),
    /// The end is missing.
    Truncated,
    /// The bytes are not those that were written.
    Corrupt,
    /// A snapshot of another rule, or of the rule compiled differently.
    Layout {
        /// The hash asked for.
        expected: u64,
        /// The hash in the snapshot.
        found: u64,
    },
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASnapshot => f.write_str("not a snapshot of this kind of rule"),
            Self::Version(version) => write!(f, "snapshot format {version} is not supported"),
            Self::Truncated => f.write_str("the snapshot is cut off"),
            Self::Corrupt => f.write_str("the snapshot is damaged"),
            Self::Layout { expected, found } => {
                write!(f, "the snapshot is of rule layout {found:016x}, expected {expected:016x}")
            }
        }
    }
}

impl Error for RestoreError {}

const VERSION: u8 = 1;
const MAGIC_LEN: usize = 4;
/// Magic, version, and the length of it all.
const HEADER_LEN: usize = MAGIC_LEN + 1 + 8;
const CHECKSUM_LEN: usize = 8;

/// Finds damage, not forgery: whoever can write the snapshot can write its checksum.
fn checksum(bytes: &[u8]) -> u64 {
    SipHasher24::new_with_keys(0, 0).hash(bytes)
}

/// Writes a snapshot.
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(crate) fn new(magic: [u8; MAGIC_LEN], layout: u64) -> Self {
        let mut writer = Self { out: magic.to_vec() };
        writer.u8(VERSION);
        writer.u64(0);
        writer.u64(layout);
        writer
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let length = (self.out.len() + CHECKSUM_LEN) as u64;
        self.out[MAGIC_LEN + 1..HEADER_LEN].copy_from_slice(&length.to_le_bytes());
        let sum = checksum(&self.out);
        self.u64(sum);
        self.out
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.out.extend(value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.out.extend(value.to_le_bytes());
    }

    pub(crate) fn i64(&mut self, value: i64) {
        self.out.extend(value.to_le_bytes());
    }

    pub(crate) fn len(&mut self, length: usize) {
        self.u64(length as u64);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.len(bytes.len());
        self.out.extend_from_slice(bytes);
    }

    pub(crate) fn key(&mut self, key: KeyHash) {
        for half in key.0 {
            self.u64(half);
        }
    }

    pub(crate) fn payload<P: Payload>(&mut self, payload: &P) {
        let start = self.out.len();
        self.u64(0);
        payload.encode(&mut self.out);
        let length = (self.out.len() - start - 8) as u64;
        self.out[start..start + 8].copy_from_slice(&length.to_le_bytes());
    }
}

/// Reads a snapshot. What it reads is checked against damage, but not trusted to make sense.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        magic: [u8; MAGIC_LEN],
        layout: u64,
        bytes: &'a [u8],
    ) -> Result<Self, RestoreError> {
        if !bytes.starts_with(&magic[..bytes.len().min(MAGIC_LEN)]) {
            return Err(RestoreError::NotASnapshot);
        }
        let header = bytes.get(..HEADER_LEN).ok_or(RestoreError::Truncated)?;
        if header[MAGIC_LEN] != VERSION {
            return Err(RestoreError::Version(header[MAGIC_LEN]));
        }
        let length = Reader { rest: &header[MAGIC_LEN + 1..] }.u64()?;
        if (bytes.len() as u64) < length {
            return Err(RestoreError::Truncated);
        }
        let (body, sum) =
            bytes.split_last_chunk::<CHECKSUM_LEN>().ok_or(RestoreError::Truncated)?;
        if bytes.len() as u64 != length || checksum(body) != u64::from_le_bytes(*sum) {
            return Err(RestoreError::Corrupt);
        }
        let mut reader = Self { rest: body.get(HEADER_LEN..).ok_or(RestoreError::Corrupt)? };
        match reader.u64()? {
            found if found == layout => Ok(reader),
            found => Err(RestoreError::Layout { expected: layout, found }),
        }
    }

    /// That everything has been read.
    pub(crate) fn finish(self) -> Result<(), RestoreError> {
        ensure(self.rest.is_empty())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], RestoreError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(RestoreError::Corrupt)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RestoreError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(RestoreError::Corrupt)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, RestoreError> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, RestoreError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, RestoreError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, RestoreError> {
        self.array().map(i64::from_le_bytes)
    }

    pub(crate) fn len(&mut self) -> Result<usize, RestoreError> {
        usize::try_from(self.u64()?).map_err(|_| RestoreError::Corrupt)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], RestoreError> {
        let length = self.len()?;
        self.take(length)
    }

    pub(crate) fn key(&mut self) -> Result<KeyHash, RestoreError> {
        Ok(KeyHash([self.u64()?, self.u64()?]))
    }

    pub(crate) fn payload<P: Payload>(&mut self) -> Result<P, RestoreError> {
        P::decode(self.bytes()?).ok_or(RestoreError::Corrupt)
    }

    /// As many as the count before them says.
    pub(crate) fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, RestoreError>,
    ) -> Result<Vec<T>, RestoreError> {
        let count = self.u64()?;
        // Grows with what there is to read, whatever the count says.
        let mut all = Vec::new();
        for _ in 0..count {
            ensure(!self.rest.is_empty())?;
            all.push(read(self)?);
        }
        Ok(all)
    }
}

/// That what was read makes sense.
pub(crate) fn ensure(sense: bool) -> Result<(), RestoreError> {
    if sense { Ok(()) } else { Err(RestoreError::Corrupt) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAGIC: [u8; 4] = *b"TEST";

    fn sample() -> Vec<u8> {
        let mut writer = Writer::new(MAGIC, 7);
        writer.len(2);
        writer.payload(&String::from("one"));
        writer.payload(&String::from("two"));
        writer.i64(-5);
        writer.finish()
    }

    fn read(bytes: &[u8]) -> Result<(Vec<String>, i64), RestoreError> {
        let mut reader = Reader::new(MAGIC, 7, bytes)?;
        let read = (reader.list(Reader::payload)?, reader.i64()?);
        reader.finish()?;
        Ok(read)
    }

    #[test]
    fn reads_what_was_written() {
        assert_eq!(read(&sample()), Ok((vec!["one".into(), "two".into()], -5)));
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_an_error() {
        let bytes = sample();
        for length in 0..bytes.len() {
            assert_eq!(read(&bytes[..length]), Err(RestoreError::Truncated), "{length}");
        }
        for index in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[index / 8] ^= 1 << (index % 8);
            assert!(read(&damaged).is_err(), "bit {index}");
        }
        assert_eq!(read(&[&bytes[..], b"x"].concat()), Err(RestoreError::Corrupt));
    }

    #[test]
    fn other_layouts_and_other_files_are_told_apart() {
        let bytes = sample();
        let wrong = Reader::new(MAGIC, 8, &bytes).map(|_| ()).unwrap_err();
        assert_eq!(wrong, RestoreError::Layout { expected: 8, found: 7 });
        assert_eq!(
            wrong.to_string(),
            "the snapshot is of rule layout 0000000000000007, expected 0000000000000008"
        );
        assert_eq!(read(b"PK\x03\x04"), Err(RestoreError::NotASnapshot));
    }
}
