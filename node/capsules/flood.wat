;; Misbehaves: writes output without end.
(module
  (import "nonos" "output_write" (func $output_write (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (result i32)
    (loop $more
      (drop (call $output_write (i32.const 0) (i32.const 4096)))
      (br $more))
    (i32.const 0)))
