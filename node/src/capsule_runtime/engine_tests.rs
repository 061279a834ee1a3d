//! Tests of the module checks; running is tested through the child process in `tests/capsule_runtime.rs`.

use super::*;

fn prepare(text: &str, caps: u64) -> Result<Vec<Capability>, CapsuleError> {
    let limits = Limits { memory_pages: 4, ..Limits::default() };
    let engine = engine(&limits).unwrap();
    let binary = wat::parse_str(text).unwrap();
    Capsule::prepare(&engine, &binary, vec![], caps, limits).map(|c| c.granted)
}

const BODY: &str = r#"(memory (export "memory") 1) (func (export "run") (result i32) i32.const 0)"#;

#[test]
fn imports_are_granted_only_as_the_word_says() {
    let text = format!(r#"(module (import "nonos" "input_len" (func (result i32))) {BODY})"#);
    assert_eq!(prepare(&text, 1), Ok(vec![Capability::InputLen]));
    let error = CapsuleError::ForbiddenImport { name: "input_len".into(), bit: 0 };
    assert_eq!(prepare(&text, !1), Err(error.clone()));
    assert_eq!(
        error.to_string(),
        "the module imports `nonos.input_len`, but the policy does not grant capability bit 0"
    );
}

#[test]
fn unknown_imports_are_named() {
    for (module, name) in [("wasi_snapshot_preview1", "fd_write"), ("nonos", "spawn"), ("env", "input_len")] {
        let text = format!(r#"(module (import "{module}" "{name}" (func)) {BODY})"#);
        let expected = CapsuleError::UnknownImport { module: module.into(), name: name.into() };
        assert_eq!(prepare(&text, u64::MAX), Err(expected));
    }
}

#[test]
fn an_import_of_another_type_is_refused() {
    for import in ["(func (result i64))", "(func (param i32) (result i32))", "(memory 1)"] {
        let text = format!(
            r#"(module (import "nonos" "input_len" {import}) (func (export "run") (result i32) i32.const 0))"#
        );
        let expected = CapsuleError::ImportType { name: "input_len".into() };
        assert_eq!(prepare(&text, u64::MAX), Err(expected), "{import}");
    }
}

#[test]
fn exports_are_required() {
    let text = r#"(module (func (export "run") (result i32) i32.const 0))"#;
    assert_eq!(prepare(text, 0), Err(missing("memory", "memory")));
    let text = r#"(module (memory (export "memory") 1) (func (export "run")))"#;
    assert_eq!(prepare(text, 0), Err(missing("run", "func () -> i32")));
}

#[test]
fn a_start_function_is_refused_wherever_it_stands() {
    let text = format!("(module {BODY} (func $f) (start $f))");
    assert_eq!(prepare(&text, 0), Err(CapsuleError::StartFunction));
    // A data segment full of bytes 8 is no start section.
    let text = format!(r#"(module {BODY} (data (i32.const 0) "\08\08\08\08"))"#);
    assert_eq!(prepare(&text, 0), Ok(vec![]));
}

#[test]
fn more_initial_memory_than_the_limit_is_named() {
    let text = r#"(module (memory (export "memory") 5) (func (export "run") (result i32) i32.const 0))"#;
    assert_eq!(prepare(text, 0), Err(CapsuleError::MemoryExhausted { limit_pages: 4 }));
}

#[test]
fn what_is_no_module_is_refused() {
    let limits = Limits::default();
    let engine = engine(&limits).unwrap();
    for binary in [&b""[..], b"\0asm", b"\x7fELF", b"(module)"] {
        let result = Capsule::prepare(&engine, binary, vec![], 0, limits);
        assert!(matches!(result.map(|_| ()), Err(CapsuleError::Module(_))));
    }
}
