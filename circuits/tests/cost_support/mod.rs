//! What proving costs, printed.

use nonos_circuits::backend::Srs;
use nonos_circuits::statement::{Prover, Statement};
use std::time::Instant;

/// User and system time of this process in seconds (Linux counts in hundredths).
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The command name may contain spaces; the numbered fields start after its closing bracket, with field 3.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

/// Peak resident memory in MB.
pub fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// Makes keys, then lays out, proves and verifies `runs` witnesses. `rows` says what a layout uses.
pub fn print_cost<S: Statement>(
    runs: u64,
    witness: impl Fn(u64) -> S::Witness,
    rows: impl Fn(&S::Circuit) -> String,
) {
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    let prover = Prover::<S>::new(Srs::developer(S::K).unwrap()).unwrap();
    println!(
        "keys: wall {:.2} s, cpu {:.2} s, peak {:.0} MB",
        wall.elapsed().as_secs_f64(),
        cpu_seconds() - cpu,
        peak_mb()
    );
    let wall = Instant::now();
    let circuit = S::lay_out(&witness(0));
    println!("layout: {:.1} ms, rows {}", wall.elapsed().as_secs_f64() * 1e3, rows(&circuit));
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    let mut bytes = 0;
    for n in 0..runs {
        bytes = prover.prove(&witness(n), [n as u8 + 1; 32]).unwrap().0.len();
    }
    let each = |total: f64| total / runs as f64;
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    println!(
        "prove: wall {:.3} s, cpu {:.3} s, {bytes} bytes, peak {:.0} MB",
        each(wall),
        each(cpu),
        peak_mb()
    );
    let (proof, instance) = prover.prove(&witness(0), [99; 32]).unwrap();
    let wall = Instant::now();
    for _ in 0..20 {
        prover.verifier().verify(&proof, instance.as_ref()).unwrap();
    }
    println!("verify: {:.2} ms", wall.elapsed().as_secs_f64() * 1e3 / 20.0);
}
