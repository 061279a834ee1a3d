//! The functions of the import module `nonos`, and the limiter of the store they live in.

use wasmtime::{Caller, Linker, Memory, ResourceLimiter, Result};

use super::caps::{Capability, IMPORT_MODULE};
use super::limits::PAGE;

/// Elements of all tables of a capsule.
const MAX_TABLE: usize = 1 << 16;

/// State behind the imports.
pub(super) struct Host {
    pub input: Vec<u8>,
    pub output: Vec<u8>,
    pub log: Vec<u8>,
    pub max_output: usize,
    pub max_log: usize,
    pub memory: Option<Memory>,
    pub limit_pages: u32,
    /// A growth of linear memory was refused.
    pub memory_refused: bool,
}

/// What a host function refuses, told apart from WebAssembly traps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum HostFault {
    #[error("`nonos.{0}` was given a range outside `memory`")]
    OutOfBounds(&'static str),
    #[error("output limit")]
    OutputTooLarge,
    #[error("the system gives no random bytes")]
    NoRandomness,
}

impl ResourceLimiter for Host {
    fn memory_growing(&mut self, _now: usize, desired: usize, _max: Option<usize>) -> Result<bool> {
        let within = desired as u64 <= u64::from(self.limit_pages) * PAGE;
        self.memory_refused |= !within;
        Ok(within)
    }

    fn table_growing(&mut self, _now: usize, desired: usize, _max: Option<usize>) -> Result<bool> {
        Ok(desired <= MAX_TABLE)
    }

    fn instances(&self) -> usize {
        1
    }

    fn memories(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        8
    }
}

/// Memory and host state, borrowed together.
fn memory<'a>(caller: &'a mut Caller<'_, Host>) -> (&'a mut [u8], &'a mut Host) {
    match caller.data().memory {
        Some(memory) => memory.data_and_store_mut(caller),
        // Instances get their memory before anything runs; an empty one makes every range invalid.
        None => (&mut [], caller.data_mut()),
    }
}

/// `start .. start + length`, both unsigned 32-bit, if it lies in `data`.
fn range<'a>(data: &'a mut [u8], start: i32, length: i32, name: &'static str) -> Result<&'a mut [u8]> {
    let (start, length) = (start as u32 as usize, length as u32 as usize);
    let slice = start.checked_add(length).and_then(|end| data.get_mut(start..end));
    Ok(slice.ok_or(HostFault::OutOfBounds(name))?)
}

/// Defines the imports of `granted` capabilities, and no others.
pub(super) fn link(linker: &mut Linker<Host>, granted: &[Capability]) -> Result<()> {
    for capability in granted {
        let name = capability.name();
        match capability {
            Capability::InputLen => {
                linker.func_wrap(IMPORT_MODULE, name, |c: Caller<'_, Host>| c.data().input.len() as i32)?
            }
            Capability::InputRead => linker.func_wrap(IMPORT_MODULE, name, input_read)?,
            Capability::OutputWrite => linker.func_wrap(IMPORT_MODULE, name, output_write)?,
            Capability::LogWrite => linker.func_wrap(IMPORT_MODULE, name, log_write)?,
            Capability::ClockMs => linker.func_wrap(IMPORT_MODULE, name, clock_ms)?,
            Capability::RandomFill => linker.func_wrap(IMPORT_MODULE, name, random_fill)?,
        };
    }
    Ok(())
}

fn input_read(mut caller: Caller<'_, Host>, dst: i32, offset: i32, length: i32) -> Result<i32> {
    let (data, host) = memory(&mut caller);
    let rest = host.input.get(offset as u32 as usize..).unwrap_or(&[]);
    let count = rest.len().min(length as u32 as usize);
    range(data, dst, count as i32, "input_read")?.copy_from_slice(&rest[..count]);
    Ok(count as i32)
}

fn output_write(mut caller: Caller<'_, Host>, src: i32, length: i32) -> Result<i32> {
    let (data, host) = memory(&mut caller);
    let bytes = range(data, src, length, "output_write")?;
    if host.output.len() + bytes.len() > host.max_output {
        return Err(HostFault::OutputTooLarge.into());
    }
    host.output.extend_from_slice(bytes);
    Ok(length)
}

fn log_write(mut caller: Caller<'_, Host>, src: i32, length: i32) -> Result<i32> {
    let (data, host) = memory(&mut caller);
    let bytes = range(data, src, length, "log_write")?;
    let count = bytes.len().min(host.max_log - host.log.len());
    host.log.extend_from_slice(&bytes[..count]);
    Ok(count as i32)
}

fn clock_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |d| d.as_millis() as i64)
}

fn random_fill(mut caller: Caller<'_, Host>, dst: i32, length: i32) -> Result<i32> {
    let (data, _) = memory(&mut caller);
    let bytes = range(data, dst, length, "random_fill")?;
    getrandom::fill(bytes).map_err(|_| HostFault::NoRandomness)?;
    Ok(0)
}
