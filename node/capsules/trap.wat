;; Misbehaves: writes past the end of its memory.
(module
  (memory (export "memory") 1)
  (func (export "run") (result i32)
    (i32.store (i32.const 65536) (i32.const 1))
    (i32.const 0)))
