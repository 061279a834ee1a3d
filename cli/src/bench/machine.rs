//! What the figures were measured on.

use serde_json::{Value, json};

/// Processor, cores, memory, system, program version. What cannot be read is absent.
pub fn describe() -> Value {
    let mut machine = json!({
        "os": std::env::consts::OS,
        "arch": std::env::consts::ARCH,
        "nonos": env!("CARGO_PKG_VERSION"),
    });
    if let Ok(cores) = std::thread::available_parallelism() {
        machine["cores"] = json!(cores.get());
    }
    if let Some(model) = line("/proc/cpuinfo", "model name") {
        machine["cpu"] = json!(model);
    }
    if let Some(kib) = line("/proc/meminfo", "MemTotal")
        && let Some(kib) = kib.split_whitespace().next().and_then(|n| n.parse::<f64>().ok())
    {
        machine["memory_gb"] = json!((kib * 1024.0 / 1e8).round() / 10.0);
    }
    if let Ok(release) = std::fs::read_to_string("/proc/sys/kernel/osrelease") {
        machine["kernel"] = json!(release.trim());
    }
    if let Some(load) = std::fs::read_to_string("/proc/loadavg")
        .ok()
        .and_then(|text| text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok()))
    {
        // A figure taken on a busy machine should say so itself.
        machine["load_1m_at_start"] = json!(load);
    }
    machine
}

fn line(path: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let (_, value) = text.lines().find(|line| line.starts_with(key))?.split_once(':')?;
    Some(value.trim().to_owned())
}
