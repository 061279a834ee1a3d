;; Misbehaves as the first byte of its input says: s never returns, h takes all memory and traps, f writes output without
;; end, t writes past the end of its memory; anything else is answered with "fine".
(module
  (import "nonos" "input_len" (func $input_len (result i32)))
  (import "nonos" "input_read" (func $input_read (param i32 i32 i32) (result i32)))
  (import "nonos" "output_write" (func $output_write (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "fine")
  (func $is (param $letter i32) (result i32)
    (i32.eq (i32.load8_u (i32.const 0)) (local.get $letter)))
  (func (export "run") (result i32)
    (local $page i32)
    (drop (call $input_read (i32.const 0) (i32.const 0) (i32.const 1)))
    (if (call $is (i32.const 115)) (then (loop $forever (br $forever))))
    (if (call $is (i32.const 104))
      (then
        (loop $more
          (local.set $page (memory.grow (i32.const 1)))
          (if (i32.eq (local.get $page) (i32.const -1)) (then (unreachable)))
          (i32.store (i32.shl (local.get $page) (i32.const 16)) (i32.const 1))
          (br $more))))
    (if (call $is (i32.const 102))
      (then
        (loop $on
          (drop (call $output_write (i32.const 0) (i32.const 4096)))
          (br $on))))
    (if (call $is (i32.const 116)) (then (i32.store (i32.const 65536) (i32.const 1))))
    (drop (call $output_write (i32.const 8) (i32.const 4)))
    (i32.const 0)))
