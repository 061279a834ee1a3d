//! What this build needs of the processor.

/// Instructions that field arithmetic and the STARK were compiled with and this machine lacks. Empty on every x86-64 server since 2016 and
/// on every other architecture, where none are used. With any missing, the first proof or verification would end in an
/// illegal instruction: programs check first and say so.
pub fn missing_cpu_features() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let needed = [
            ("avx2", std::arch::is_x86_feature_detected!("avx2")),
            ("adx", std::arch::is_x86_feature_detected!("adx")),
            ("bmi2", std::arch::is_x86_feature_detected!("bmi2")),
        ];
        needed.into_iter().filter(|(_, there)| !there).map(|(name, _)| name).collect()
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        vec![]
    }
}
