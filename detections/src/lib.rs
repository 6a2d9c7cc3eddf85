//! Part of `eql`.
