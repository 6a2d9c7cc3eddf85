//! Eight bytes at once in an ordinary register.

use super::Simd;
use crate::scan::projection::NodeId;
use crate::scan::walk::{Odd, Walk};

/// Runs anywhere.
pub(in crate::scan) struct Portable;

const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const ONES: u64 = 0x0101_0101_0101_0101;

/// A word whose lowest byte is the first one.
#[inline(always)]
unsafe fn word(at: *const u8) -> u64 {
    // SAFETY: the caller's pointer is good for 8 bytes; an array of bytes has no alignment.
    u64::from_le_bytes(unsafe { at.cast::<[u8; 8]>().read() })
}

/// The bytes of a word that are zero.
#[inline(always)]
fn zeros(word: u64) -> u64 {
    // The sum has the high bit where the low seven bits are not all zero, and never carries into the next byte.
    let found = !(((word & LOW) + LOW) | word | LOW);
    (found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[inline(always)]
fn equal(word: u64, byte: u8) -> u64 {
    zeros(word ^ (ONES * u64::from(byte)))
}

impl Simd for Portable {
    #[inline(always)]
    unsafe fn equal32(at: *const u8, literal: *const u8) -> u32 {
        let mut mask = 0;
        for i in 0..4 {
            // SAFETY: both pointers are good for 32 bytes.
            let (a, b) = unsafe { (word(at.add(8 * i)), word(literal.add(8 * i))) };
            mask |= (zeros(a ^ b) as u32) << (8 * i);
        }
        mask
    }

    #[inline(always)]
    unsafe fn quotes32(at: *const u8) -> (u32, u32) {
        let (mut quotes, mut backslashes) = (0, 0);
        for i in 0..4 {
            // SAFETY: the pointer is good for 32 bytes.
            let word = unsafe { word(at.add(8 * i)) };
            quotes |= (equal(word, b'"') as u32) << (8 * i);
            backslashes |= (equal(word, b'\\') as u32) << (8 * i);
        }
        (quotes, backslashes)
    }

    #[inline(always)]
    unsafe fn quotes64(at: *const u8) -> (u64, u64) {
        // SAFETY: the pointer is good for 64 bytes.
        let (low, high) = unsafe { (Self::quotes32(at), Self::quotes32(at.add(32))) };
        (u64::from(low.0) | u64::from(high.0) << 32, u64::from(low.1) | u64::from(high.1) << 32)
    }

    #[inline(always)]
    unsafe fn brackets64(at: *const u8) -> (u64, u64) {
        let (mut open, mut close) = (0, 0);
        for i in 0..8 {
            // SAFETY: the pointer is good for 64 bytes.
            let word = unsafe { word(at.add(8 * i)) } | (ONES * 0x20);
            open |= equal(word, b'{') << (8 * i);
            close |= equal(word, b'}') << (8 * i);
        }
        (open, close)
    }

    #[inline(always)]
    unsafe fn prefix_xor(mut bits: u64) -> u64 {
        for shift in [1, 2, 4, 8, 16, 32] {
            bits ^= bits << shift;
        }
        bits
    }

    #[inline(always)]
    unsafe fn copy32(from: *const u8, to: *mut u8) {
        // SAFETY: both pointers are good for 32 bytes.
        unsafe { to.cast::<[u8; 32]>().write(from.cast::<[u8; 32]>().read()) }
    }

    unsafe fn survey(at: *const u8, len: usize) -> (bool, bool) {
        let (mut high, mut control) = (0, 0);
        for i in 0..len.div_ceil(64) * 8 {
            // SAFETY: the pointer is good for that many bytes.
            let word = unsafe { word(at.add(8 * i)) };
            high |= word;
            // The high bit of a byte is not set where the low seven bits are below 0x20. Of a byte that is not
            // ASCII it says nothing.
            control |= !(((word & LOW) + ONES * 0x60) | word);
        }
        (high & !LOW != 0, control & !LOW != 0)
    }

    unsafe fn object(walk: &mut Walk<'_>, at: usize, node: NodeId) -> Result<usize, Odd> {
        // SAFETY: as asked of the caller.
        unsafe { walk.object_body::<Self>(at, node) }
    }

    unsafe fn array(walk: &mut Walk<'_>, at: usize, node: NodeId, slot: u32) -> Result<usize, Odd> {
        // SAFETY: as asked of the caller.
        unsafe { walk.array_body::<Self>(at, node, slot) }
    }

    unsafe fn other(
        walk: &mut Walk<'_>,
        at: usize,
        node: NodeId,
        prev: u32,
    ) -> Result<(usize, u32), Odd> {
        // SAFETY: as asked of the caller.
        unsafe { walk.other_body::<Self>(at, node, prev) }
    }

    unsafe fn member(
        walk: &mut Walk<'_>,
        at: usize,
        node: NodeId,
        prev: u32,
    ) -> Result<(usize, u32), Odd> {
        // SAFETY: as asked of the caller.
        unsafe { walk.member_body::<Self>(at, node, prev) }
    }
}
