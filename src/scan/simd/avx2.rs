//! 32 bytes at once in the vector registers of x86-64.

use std::arch::x86_64::{
    __m256i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_set1_epi8,
    _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set1_epi8, _mm256_setzero_si256, _mm256_storeu_si256,
};

use super::Simd;
use crate::scan::projection::NodeId;
use crate::scan::walk::{Odd, Walk};

/// For processors that have all that [`Avx2::is_here`] asks for. Its methods may be called on no others.
pub(in crate::scan) struct Avx2;

impl Avx2 {
    pub(in crate::scan) fn is_here() -> bool {
        std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("pclmulqdq")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("bmi2")
            && std::arch::is_x86_feature_detected!("popcnt")
            && std::arch::is_x86_feature_detected!("lzcnt")
    }
}

#[inline(always)]
unsafe fn load(at: *const u8) -> __m256i {
    // SAFETY: the caller's pointer is good for 32 bytes, and the load needs no alignment.
    unsafe { _mm256_loadu_si256(at.cast()) }
}

#[inline(always)]
unsafe fn equal(block: __m256i, byte: u8) -> u32 {
    // SAFETY: the caller has AVX2.
    unsafe { _mm256_movemask_epi8(_mm256_cmpeq_epi8(block, _mm256_set1_epi8(byte as i8))) as u32 }
}

#[inline(always)]
unsafe fn equal64(low: __m256i, high: __m256i, byte: u8) -> u64 {
    // SAFETY: the caller has AVX2.
    unsafe { u64::from(equal(low, byte)) | u64::from(equal(high, byte)) << 32 }
}

// SAFETY, of all blocks below: the caller answers for the processor and for the pointers, as the trait says.
impl Simd for Avx2 {
    #[inline(always)]
    unsafe fn equal32(at: *const u8, literal: *const u8) -> u32 {
        // SAFETY: see above.
        unsafe { _mm256_movemask_epi8(_mm256_cmpeq_epi8(load(at), load(literal))) as u32 }
    }

    #[inline(always)]
    unsafe fn quotes32(at: *const u8) -> (u32, u32) {
        // SAFETY: see above.
        unsafe {
            let block = load(at);
            (equal(block, b'"'), equal(block, b'\\'))
        }
    }

    #[inline(always)]
    unsafe fn quotes64(at: *const u8) -> (u64, u64) {
        // SAFETY: see above.
        unsafe {
            let (low, high) = (load(at), load(at.add(32)));
            (equal64(low, high, b'"'), equal64(low, high, b'\\'))
        }
    }

    #[inline(always)]
    unsafe fn brackets64(at: *const u8) -> (u64, u64) {
        // SAFETY: see above.
        unsafe {
            let case = _mm256_set1_epi8(0x20);
            let low = _mm256_or_si256(load(at), case);
            let high = _mm256_or_si256(load(at.add(32)), case);
            (equal64(low, high, b'{'), equal64(low, high, b'}'))
        }
    }

    #[inline(always)]
    unsafe fn prefix_xor(bits: u64) -> u64 {
        // SAFETY: see above.
        unsafe {
            let bits = _mm_set_epi64x(0, bits as i64);
            _mm_cvtsi128_si64(_mm_clmulepi64_si128::<0>(bits, _mm_set1_epi8(-1))) as u64
        }
    }

    #[inline(always)]
    unsafe fn copy32(from: *const u8, to: *mut u8) {
        // SAFETY: see above.
        unsafe { _mm256_storeu_si256(to.cast(), load(from)) }
    }

    #[inline]
    #[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,popcnt,lzcnt")]
    unsafe fn survey(at: *const u8, len: usize) -> (bool, bool) {
        // SAFETY: see above.
        unsafe {
            let (mut any, mut least) = (_mm256_setzero_si256(), _mm256_set1_epi8(-1));
            for i in 0..len.div_ceil(64) {
                let (low, high) = (load(at.add(64 * i)), load(at.add(64 * i + 32)));
                any = _mm256_or_si256(any, _mm256_or_si256(low, high));
                least = _mm256_min_epu8(least, _mm256_min_epu8(low, high));
            }
            let space = _mm256_set1_epi8(0x20);
            let printable = _mm256_cmpeq_epi8(_mm256_min_epu8(least, space), space);
            (_mm256_movemask_epi8(any) != 0, _mm256_movemask_epi8(printable) != -1)
        }
    }

    #[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,popcnt,lzcnt")]
    unsafe fn object(walk: &mut Walk<'_>, at: usize, node: NodeId) -> Result<usize, Odd> {
        // SAFETY: see above.
        unsafe { walk.object_body::<Self>(at, node) }
    }

    #[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,popcnt,lzcnt")]
    unsafe fn array(walk: &mut Walk<'_>, at: usize, node: NodeId, slot: u32) -> Result<usize, Odd> {
        // SAFETY: see above.
        unsafe { walk.array_body::<Self>(at, node, slot) }
    }

    #[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,popcnt,lzcnt")]
    unsafe fn other(
        walk: &mut Walk<'_>,
        at: usize,
        node: NodeId,
        prev: u32,
    ) -> Result<(usize, u32), Odd> {
        // SAFETY: see above.
        unsafe { walk.other_body::<Self>(at, node, prev) }
    }

    #[target_feature(enable = "avx2,pclmulqdq,bmi1,bmi2,popcnt,lzcnt")]
    unsafe fn member(
        walk: &mut Walk<'_>,
        at: usize,
        node: NodeId,
        prev: u32,
    ) -> Result<(usize, u32), Odd> {
        // SAFETY: see above.
        unsafe { walk.member_body::<Self>(at, node, prev) }
    }
}
