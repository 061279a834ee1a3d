//! wasmtime for one capsule: configuration, checks of the module, and the one call.

use wasmtime::{
    Config, Engine, ExternType, Instance, Linker, Module, Store, Trap, TypedFunc, ValType,
    WasmBacktraceDetails,
};

use super::caps::{Capability, IMPORT_MODULE, mask_of};
use super::error::CapsuleError;
use super::host::{self, Host, HostFault};
use super::limits::PAGE;
use super::message::{Limits, Report};

/// Native stack of a capsule.
const MAX_STACK: usize = 512 << 10;
/// Identifier of the start section in a WebAssembly binary.
const START_SECTION: u8 = 8;

/// A compiled capsule whose instance exists and has not run.
pub(super) struct Capsule {
    store: Store<Host>,
    instance: Instance,
    run: TypedFunc<(), i32>,
    granted: Vec<Capability>,
    limits: Limits,
}

/// Fuel and epochs bound time. Linear memory is reserved once, so that growing it later only changes page
/// protection. Features whose result may differ between machines are off, NaNs are canonical.
pub(super) fn engine(limits: &Limits) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(MAX_STACK)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_relaxed_simd(false)
        .cranelift_nan_canonicalization(true)
        .memory_reservation(u64::from(limits.memory_pages) * PAGE)
        .memory_reservation_for_growth(0)
        .memory_guard_size(PAGE)
        .memory_may_move(false)
        .memory_init_cow(false)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable);
    Engine::new(&config)
}

impl Capsule {
    /// Compiles and instantiates `binary`. Data segments are copied; no capsule instruction runs.
    pub(super) fn prepare(
        engine: &Engine,
        binary: &[u8],
        input: Vec<u8>,
        allowed_caps: u64,
        limits: Limits,
    ) -> Result<Self, CapsuleError> {
        let module = Module::new(engine, binary).map_err(|e| CapsuleError::Module(format!("{e:#}")))?;
        if has_start_section(binary) {
            return Err(CapsuleError::StartFunction);
        }
        let granted = check_imports(&module, allowed_caps)?;
        let host = Host {
            input,
            output: Vec::new(),
            log: Vec::new(),
            max_output: limits.max_output as usize,
            max_log: limits.max_log as usize,
            memory: None,
            limit_pages: limits.memory_pages,
            memory_refused: false,
        };
        let mut store = Store::new(engine, host);
        store.limiter(|host| host);
        let module_error = |e: wasmtime::Error| CapsuleError::Module(format!("{e:#}"));
        store.set_fuel(limits.fuel).map_err(module_error)?;
        store.set_epoch_deadline(1);
        let mut linker = Linker::new(engine);
        host::link(&mut linker, &granted).map_err(module_error)?;
        let instance = linker.instantiate(&mut store, &module).map_err(|e| {
            if store.data().memory_refused {
                CapsuleError::MemoryExhausted { limit_pages: limits.memory_pages }
            } else {
                module_error(e)
            }
        })?;
        let memory = instance.get_memory(&mut store, "memory");
        store.data_mut().memory = Some(memory.ok_or_else(|| missing("memory", "memory"))?);
        let run = instance.get_typed_func(&mut store, "run").map_err(|_| missing("run", "func () -> i32"))?;
        Ok(Self { store, instance, run, granted, limits })
    }

    /// The capability word of what the module imports.
    pub(super) fn caps(&self) -> u64 {
        mask_of(&self.granted)
    }

    /// Calls `run` once; returns the report, the output and the log.
    pub(super) fn run(mut self) -> (Report, Vec<u8>, Vec<u8>) {
        let result = self.run.call(&mut self.store, ());
        let report = match result {
            Ok(exit_code) => Report::Finished {
                exit_code,
                fuel_used: self.limits.fuel - self.store.get_fuel().unwrap_or(0),
                memory_pages: self.memory_pages(),
            },
            Err(error) => Report::Failed(self.classify(&error)),
        };
        let host = self.store.data_mut();
        let (output, log) = (std::mem::take(&mut host.output), std::mem::take(&mut host.log));
        // Dropping the store would unmap memory for nothing: the process ends after the report.
        std::mem::forget(self.store);
        (report, output, log)
    }

    fn memory_pages(&mut self) -> u32 {
        let memory = self.instance.get_memory(&mut self.store, "memory");
        memory.map_or(0, |m| m.size(&self.store) as u32)
    }

    fn classify(&self, error: &wasmtime::Error) -> CapsuleError {
        let Limits { fuel, deadline_ms, memory_pages, max_output, .. } = self.limits;
        match (error.downcast_ref::<HostFault>(), error.downcast_ref::<Trap>()) {
            (Some(HostFault::OutputTooLarge), _) => CapsuleError::OutputTooLarge { limit: max_output },
            (Some(fault), _) => CapsuleError::Trap(fault.to_string()),
            (_, Some(Trap::OutOfFuel)) => CapsuleError::OutOfFuel { fuel },
            (_, Some(Trap::Interrupt)) => CapsuleError::Deadline { deadline_ms },
            // Allocators abort by a trap after a refused growth.
            _ if self.store.data().memory_refused => {
                CapsuleError::MemoryExhausted { limit_pages: memory_pages }
            }
            (_, Some(trap)) => CapsuleError::Trap(trap.to_string()),
            _ => CapsuleError::Trap(format!("{error:#}")),
        }
    }
}

fn missing(name: &str, expected: &str) -> CapsuleError {
    CapsuleError::Export { name: name.to_owned(), expected: expected.to_owned() }
}

/// Every import must exist, have the documented type and be granted.
fn check_imports(module: &Module, allowed_caps: u64) -> Result<Vec<Capability>, CapsuleError> {
    let mut granted = Vec::new();
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        let capability = Capability::named(name).filter(|_| from == IMPORT_MODULE);
        let capability = capability
            .ok_or_else(|| CapsuleError::UnknownImport { module: from.to_owned(), name: name.to_owned() })?;
        if !has_signature(&import.ty(), capability) {
            return Err(CapsuleError::ImportType { name: name.to_owned() });
        }
        if allowed_caps & capability.mask() == 0 {
            return Err(CapsuleError::ForbiddenImport { name: name.to_owned(), bit: capability.bit() });
        }
        if !granted.contains(&capability) {
            granted.push(capability);
        }
    }
    Ok(granted)
}

fn has_signature(found: &ExternType, capability: Capability) -> bool {
    let ExternType::Func(function) = found else { return false };
    let (parameters, results) = capability.signature();
    let same = |a: ValType, b: &ValType| ValType::eq(&a, b);
    function.params().len() == parameters.len()
        && function.results().len() == results.len()
        && function.params().zip(parameters).all(|(a, b)| same(a, b))
        && function.results().zip(results).all(|(a, b)| same(a, b))
}

/// Walks the sections of a binary that wasmtime has already accepted: `id (1) ‖ size (LEB128) ‖ contents`.
fn has_start_section(binary: &[u8]) -> bool {
    let mut rest = binary.get(8..).unwrap_or(&[]);
    while let [id, tail @ ..] = rest {
        if *id == START_SECTION {
            return true;
        }
        let (mut size, mut length) = (0usize, 0);
        for byte in tail.iter().take(5) {
            size |= usize::from(byte & 0x7f) << (7 * length);
            length += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
        rest = tail.get(length + size..).unwrap_or(&[]);
    }
    false
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
