;; Asks for more than most policies give: the clock and randomness. Writes 16 random bytes and the time.
(module
  (import "nonos" "clock_ms" (func $clock_ms (result i64)))
  (import "nonos" "random_fill" (func $random_fill (param i32 i32) (result i32)))
  (import "nonos" "output_write" (func $output_write (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (result i32)
    (drop (call $random_fill (i32.const 0) (i32.const 16)))
    (i64.store (i32.const 16) (call $clock_ms))
    (drop (call $output_write (i32.const 0) (i32.const 24)))
    (i32.const 0)))
