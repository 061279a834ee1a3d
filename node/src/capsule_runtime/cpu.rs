//! CPU feature bits of the state, from the standard library's detection.
//!
//! Bits 0 to 63 are x86-64 features, 64 to 127 are AArch64 features, in the order of the tables below; the
//! order is part of the format and only ever extended at the end. CPUID under a hypervisor is whatever the
//! hypervisor says: these bits tell which code paths ran, they are no evidence about the hardware.

/// Detects the features listed, in order; the bit number is the index.
macro_rules! detect {
    ($detect:ident, $first:expr, [$($name:tt),* $(,)?]) => {{
        let mut bits = 0u128;
        let mut bit = $first;
        $(
            if std::arch::$detect!($name) {
                bits |= 1 << bit;
            }
            bit += 1;
        )*
        let _ = bit;
        bits
    }};
}

/// Hands the x86-64 features, in the order of their bits, to another macro: one list for names and detection.
macro_rules! x86_64 {
    ($then:ident!($($head:tt)*)) => {
        $then!(
            $($head)*
            [
                "sse2", "sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "aes", "pclmulqdq", "avx", "avx2", "fma",
                "bmi1", "bmi2", "adx", "sha", "rdrand", "rdseed", "avx512f", "avx512vl", "vaes",
            ]
        )
    };
}

/// The same for AArch64.
macro_rules! aarch64 {
    ($then:ident!($($head:tt)*)) => {
        $then!($($head)* ["neon", "aes", "pmull", "sha2", "sha3", "crc", "lse", "sve"])
    };
}

/// The list itself.
macro_rules! list {
    ([$($name:tt),* $(,)?]) => { [$($name),*] };
}

/// Feature names of bits 0.., x86-64.
pub const X86_64: [&str; 20] = x86_64!(list!());

/// Feature names of bits 64.., AArch64.
pub const AARCH64: [&str; 8] = aarch64!(list!());

/// The features of this CPU as the state's 128-bit word.
pub fn features() -> u128 {
    #[cfg(target_arch = "x86_64")]
    return x86_64!(detect!(is_x86_feature_detected, 0,));
    #[cfg(target_arch = "aarch64")]
    return aarch64!(detect!(is_aarch64_feature_detected, 64,));
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    0
}

/// Names of the features in `bits`, for display.
pub fn names(bits: u128) -> Vec<&'static str> {
    let table = X86_64.iter().enumerate().map(|(i, n)| (i, *n));
    let table = table.chain(AARCH64.iter().enumerate().map(|(i, n)| (64 + i, *n)));
    table.filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn the_table_and_the_detection_have_the_same_order() {
        // SSE2 is part of x86-64; the two others are tested one by one to catch a shifted table.
        let bits = features();
        assert!(names(bits).contains(&"sse2"));
        let at = |name: &str| X86_64.iter().position(|n| *n == name).unwrap();
        assert_eq!(bits >> at("avx2") & 1 == 1, std::arch::is_x86_feature_detected!("avx2"));
        assert_eq!(bits >> at("vaes") & 1 == 1, std::arch::is_x86_feature_detected!("vaes"));
        assert_eq!(bits >> X86_64.len(), 0);
    }
}
