//! Packing of policy and state into field elements.
//!
//! | word | bits |
//! |---|---|
//! | w0 | cpu 0..128, isolation thermometer 128..132, memory pages 132..156 |
//! | w1 | system calls 0..192 |
//! | w2 | system calls 192..384 |
//! | w3 | system calls 384..512 at 0..128, capabilities 128..192, network thermometer 192..196 |

use super::small;
use crate::field::Fr;
use alloy_primitives::U256;

/// `2^level - 1` in four bits: level n sets the n lowest. Levels above 4 saturate.
pub const fn thermometer(level: u8) -> u8 {
    match level {
        0 => 0b0000,
        1 => 0b0001,
        2 => 0b0011,
        3 => 0b0111,
        _ => 0b1111,
    }
}

pub(super) fn pack(
    cpu: u128,
    isolation: u8,
    pages: u32,
    syscalls: &[u64; 8],
    caps: u64,
    network: u8,
) -> [Fr; 4] {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = *syscalls;
    let high = u64::from(thermometer(isolation)) | (u64::from(pages) << 4);
    let cpu_limbs = U256::from(cpu).into_limbs();
    let [cpu_low, cpu_high, _, _] = cpu_limbs;
    [
        [cpu_low, cpu_high, high, 0],
        [s0, s1, s2, 0],
        [s3, s4, s5, 0],
        [s6, s7, caps, u64::from(thermometer(network))],
    ]
    .map(|limbs| small(U256::from_limbs(limbs)))
}

pub(super) fn with_last([w0, w1, w2, w3]: [Fr; 4], w4: Fr) -> [Fr; 5] {
    [w0, w1, w2, w3, w4]
}
