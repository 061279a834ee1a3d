;; Misbehaves: grows its memory page by page and writes to each, until growing fails; then traps as allocators do.
(module
  (memory (export "memory") 1)
  (func (export "run") (result i32)
    (local $page i32)
    (loop $more
      (local.set $page (memory.grow (i32.const 1)))
      (if (i32.eq (local.get $page) (i32.const -1)) (then (unreachable)))
      (i32.store (i32.shl (local.get $page) (i32.const 16)) (i32.const 1))
      (br $more))
    (i32.const 0)))
